import fc from 'fast-check';
import { cutAtPauses, tidySpeech, type CutOptions, type SpeechRegion } from '../../../../service/src/whisper/windows';
import { seeded } from './seeded';

const SAMPLES_PER_MS = 16;
/** Starts before the audio and ends behind it are possible, as is a region of no length or less. */
const anywhere = fc.integer({ min: -2000, max: 120_000 });
/** Every 50 ms, so that regions touch and pauses are exactly as long as an option. */
const edge = fc.oneof(
  anywhere,
  anywhere.map((sample) => sample - (sample % 800)),
);
const region = fc.tuple(edge, edge).map(([startSample, endSample]) => ({ startSample, endSample }));
const speech = fc.array(region, { maxLength: 8 });
const length = fc.oneof(fc.constantFrom(0, 1, 100_000), fc.nat(100_000));

/** For each sample whether somebody speaks. */
function spoken(regions: readonly SpeechRegion[], totalSamples: number): Uint8Array {
  const all = new Uint8Array(totalSamples);
  for (const { startSample, endSample } of regions) all.fill(1, Math.max(0, startSample), Math.max(0, endSample));
  return all;
}

test('tidied speech is the same samples, in order, with at least one of silence between two regions', () => {
  fc.assert(
    fc.property(speech, length, (regions, totalSamples) => {
      const tidy = tidySpeech(regions, totalSamples);
      expect(Buffer.compare(spoken(tidy, totalSamples), spoken(regions, totalSamples))).toBe(0);
      let endSample = -1;
      for (const each of tidy) {
        expect(each.startSample).toBeGreaterThan(endSample);
        expect(each.endSample).toBeGreaterThan(each.startSample);
        expect(each.endSample).toBeLessThanOrEqual(totalSamples);
        ({ endSample } = each);
      }
      expect(tidySpeech([...tidy].reverse(), totalSamples)).toEqual(tidy);
    }),
    seeded(200),
  );
});

const cutOptions: fc.Arbitrary<Omit<CutOptions, 'samples'>> = fc.record({
  maxWindowSamples: fc.oneof(fc.constantFrom(1, 2, 1599, 480_000), fc.integer({ min: 1600, max: 60_000 })),
  paddingSamples: fc.constantFrom(0, 1, 320, 4800, 1_000_000),
  joinPauseMs: fc.constantFrom(0, 0.01, 50, 300, 1e9),
});

/** Cuts of every sort without cutting a million windows of one sample. */
function isAffordable(totalSamples: number, { maxWindowSamples }: Omit<CutOptions, 'samples'>): boolean {
  return totalSamples / maxWindowSamples! < 500;
}

test('windows are in order, apart, not too long, and hold each sample of speech once', () => {
  fc.assert(
    fc.property(speech, length, cutOptions, fc.boolean(), (regions, totalSamples, options, withAudio) => {
      fc.pre(isAffordable(totalSamples, options));
      const samples = withAudio ? new Float32Array(totalSamples).map((_, i) => (i * 7919) % 13) : undefined;
      const windows = cutAtPauses(regions, totalSamples, { ...options, samples });
      let endSample = 0;
      for (const window of windows) {
        expect(window.startSample).toBeGreaterThanOrEqual(endSample);
        expect(window.endSample).toBeGreaterThan(window.startSample);
        expect(window.endSample - window.startSample).toBeLessThanOrEqual(options.maxWindowSamples!);
        expect(Number.isInteger(window.startSample) && Number.isInteger(window.endSample)).toBe(true);
        ({ endSample } = window);
      }
      expect(endSample).toBeLessThanOrEqual(totalSamples);
      const heard = spoken(windows, totalSamples);
      expect(spoken(regions, totalSamples).every((speaks, i) => speaks <= heard[i]!)).toBe(true);
    }),
    seeded(200),
  );
});

test('short pauses are heard, long ones are cut out but for the padding', () => {
  fc.assert(
    fc.property(speech, length, cutOptions, fc.nat(20), (regions, totalSamples, drawn, exact) => {
      const tidy = tidySpeech(regions, totalSamples);
      const pauses = tidy.slice(1).map(({ startSample }, i) => startSample - tidy[i]!.endSample);
      // Often exactly as long as one of the pauses.
      const joinPauseMs = exact < pauses.length ? pauses[exact]! / SAMPLES_PER_MS : drawn.joinPauseMs;
      const options = { ...drawn, joinPauseMs, maxWindowSamples: 480_000 };
      const windows = cutAtPauses(regions, totalSamples, options);
      tidy.slice(1).forEach(({ startSample }, i) => {
        const pauseStart = tidy[i]!.endSample;
        const pauseSamples = pauses[i]!;
        const isInside = windows.some((window) => window.startSample < pauseStart && startSample < window.endSample);
        expect(isInside).toBe(pauseSamples < options.joinPauseMs * SAMPLES_PER_MS);
        if (isInside) return;
        const after = windows.find((window) => window.endSample > startSample)!;
        expect(startSample - after.startSample).toBe(Math.min(options.paddingSamples, Math.floor(pauseSamples / 2)));
      });
    }),
    seeded(200),
  );
});

test('the same audio a second later is cut the same way a second later', () => {
  const later = (each: SpeechRegion): SpeechRegion => ({
    startSample: each.startSample + 16_000,
    endSample: each.endSample + 16_000,
  });
  const audio = new Float32Array(144_000).map((_, i) => (i * i) % 17);
  const audioLater = new Float32Array(160_000);
  audioLater.set(audio, 16_000);
  fc.assert(
    fc.property(speech, cutOptions, fc.boolean(), (regions, drawn, withAudio) => {
      fc.pre(isAffordable(120_000, drawn));
      const inside = regions.filter(({ startSample, endSample }) => startSample >= 0 && endSample <= 110_000);
      const options = { ...drawn, paddingSamples: 0 };
      const now = cutAtPauses(inside, 144_000, { ...options, samples: withAudio ? audio : undefined });
      const then = cutAtPauses(inside.map(later), 160_000, {
        ...options,
        samples: withAudio ? audioLater : undefined,
      });
      expect(then).toEqual(now.map(later));
    }),
    seeded(150),
  );
});
