import { decodeAudio } from '../../../service/src/audio/decode-audio';
import { detectSpeech } from '../../../service/src/audio/voice-activity';
import { SAMPLES, sampleBytes, type Sample } from '../../support/nano';
import { noise, rms, sine } from '../../support/signals';

const RATE = 16_000;
const MARGIN_S = 0.1;

async function samplesOf({ file }: Sample): Promise<Float32Array> {
  return (await decodeAudio(sampleBytes(file), { maxDurationS: 100 })).samples;
}

/** The stretches that someone speaks in, in seconds, from the transcripts. */
function spokenIn(sample: Sample): readonly { start: number; end: number }[] {
  if (sample.segments) return sample.segments;
  return sample.start === undefined ? [] : [{ start: sample.start, end: sample.end! }];
}

/** Stretches of a sample that no region contains whole, with `marginS` on both sides. */
function missed(sample: Sample, samples: Float32Array, marginS: number): string[] {
  const regions = detectSpeech(samples);
  return spokenIn(sample)
    .filter(
      ({ start, end }) =>
        !regions.some(
          ({ startSample, endSample }) =>
            startSample <= (start - marginS) * RATE && endSample >= Math.min((end + marginS) * RATE, samples.length),
        ),
    )
    .map(({ start, end }) => `${sample.file} ${start}-${end}: ${JSON.stringify(regions)}`);
}

/** White noise is added at this signal-to-noise ratio, taken over the spoken stretches. */
function withNoise(sample: Sample, samples: Float32Array, snrDb: number): Float32Array {
  const spoken = spokenIn(sample).map(({ start, end }) => samples.subarray(start * RATE, end * RATE));
  const power = spoken.reduce((sum, part) => sum + rms(part) ** 2 * part.length, 0);
  const level = Math.sqrt(power / spoken.reduce((sum, part) => sum + part.length, 0));
  const added = noise(samples.length, level * 10 ** (-snrDb / 20) * Math.sqrt(3)); // rms of uniform noise: 1/√3
  return samples.map((value, index) => value + added[index]!);
}

const spokenSamples = SAMPLES.filter((sample) => spokenIn(sample).length > 0);

test('all speech of the samples lies inside regions, with a margin on both sides', async () => {
  const misses: string[] = [];
  for (const sample of spokenSamples) misses.push(...missed(sample, await samplesOf(sample), MARGIN_S));
  expect(spokenSamples.length).toBeGreaterThanOrEqual(27);
  expect(misses).toEqual([]);
});

test('speech at a fiftieth of its loudness is still found whole', async () => {
  const misses: string[] = [];
  for (const sample of spokenSamples) {
    const quiet = (await samplesOf(sample)).map((value) => Math.round(value * 0.02 * 32768) / 32768);
    misses.push(...missed(sample, quiet, MARGIN_S));
  }
  expect(misses).toEqual([]);
});

test('speech in white noise at 10 dB below it is still found whole', async () => {
  const misses: string[] = [];
  for (const sample of spokenSamples) {
    misses.push(...missed(sample, withNoise(sample, await samplesOf(sample), 10), 0));
  }
  expect(misses).toEqual([]);
});

test('a long recording is cut at the pauses between its sentences and nowhere else', async () => {
  const long = SAMPLES.find(({ segments }) => segments !== undefined)!;
  const regions = detectSpeech(await samplesOf(long));
  expect(regions).toHaveLength(long.segments!.length);
});

test.each(SAMPLES.filter((sample) => spokenIn(sample).length === 0))(
  '$kind holds no speech ($file)',
  async (sample) => {
    expect(detectSpeech(await samplesOf(sample))).toEqual([]);
  },
);

test('digital silence and a constant offset hold no speech', () => {
  expect(detectSpeech(new Float32Array(5 * RATE))).toEqual([]);
  expect(detectSpeech(new Float32Array(5 * RATE).fill(0.3))).toEqual([]);
  expect(detectSpeech(new Float32Array(0))).toEqual([]);
});

test('quiet speech on top of a large offset is found', async () => {
  const sample = spokenSamples[0]!;
  const shifted = (await samplesOf(sample)).map((value) => 0.02 * value + 0.5);
  expect(missed(sample, shifted, MARGIN_S)).toEqual([]);
});

test('a word cut out tightly, loud from beginning to end, is speech', () => {
  const word = sine(200, RATE, RATE / 2);
  expect(detectSpeech(word)).toEqual([{ startSample: 0, endSample: word.length }]);
});

test('a click is no speech', () => {
  const samples = noise(5 * RATE, 0.001);
  samples.fill(0.9, 2 * RATE + 100, 2 * RATE + 110);
  expect(detectSpeech(samples)).toEqual([]);
});

test('speech is found after the surroundings have become louder', () => {
  const samples = noise(60 * RATE, 0.001);
  samples.set(noise(30 * RATE, 0.05, 2), 30 * RATE);
  samples.set(sine(300, RATE, RATE, 0.4), 50 * RATE);
  const regions = detectSpeech(samples);
  expect(regions.some(({ startSample, endSample }) => startSample <= 50 * RATE && endSample >= 51 * RATE)).toBe(true);
  const spoken = regions.reduce((sum, { startSample, endSample }) => sum + endSample - startSample, 0);
  expect(spoken / RATE).toBeLessThan(10);
});

test('regions are ordered, do not overlap and end inside the audio', () => {
  const samples = new Float32Array(30 * RATE + 17);
  for (let second = 0; second < 30; second += 2) samples.set(sine(300, RATE, 1.1 * RATE), second * RATE);
  samples.set(sine(300, RATE, 17), 30 * RATE);
  const regions = detectSpeech(samples);
  expect(regions).toHaveLength(15);
  let previousEnd = 0;
  for (const { startSample, endSample } of regions) {
    expect(startSample).toBeGreaterThanOrEqual(previousEnd);
    expect(endSample).toBeGreaterThan(startSample);
    previousEnd = endSample;
  }
  expect(previousEnd).toBeLessThanOrEqual(samples.length);
});
