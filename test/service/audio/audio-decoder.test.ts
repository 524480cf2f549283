import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import type { DecodedAudio } from '../../../service/src/audio/audio-decoder';
import { decodeAudio } from '../../../service/src/audio/decode-audio';
import { audioFixture } from '../../support/audio-fixture';
import { AudioDecoderHost } from '../../support/audio-decoder-host';
import { constantFlac, constantFrame } from '../../support/flac-writer';
import { NANO, sampleBytes } from '../../support/nano';
import { largestDifference, noise, sine } from '../../support/signals';
import { pcm16, wavFile } from '../../support/wav-writer';

const HOUR_S = 3_600;
const NO_HURRY_MS = 60_000;
const ERROR_CODES = ['unsupported_format', 'audio_corrupt', 'audio_empty', 'audio_too_long', 'audio_decode_timeout'];

let host: AudioDecoderHost;

beforeAll(async () => {
  host = new AudioDecoderHost();
  await host.open('default', { maxDurationS: HOUR_S, timeoutMs: NO_HURRY_MS });
});

afterAll(() => {
  host.stop();
});

async function decoded(bytes: Uint8Array): Promise<DecodedAudio> {
  const { audio, error } = await host.decode('default', bytes);
  if (!audio) throw new Error(`${error?.code ?? ''}: ${error?.message ?? ''}`);
  return audio;
}

/** Takes seconds to decode: half an hour at the highest rate, from a few kilobytes. */
const slowFlac = (): Uint8Array =>
  constantFlac({ sampleRateHz: 655_350, blockSize: 65_535, frames: 17_000, value: 1_000 });

describe('FLAC', () => {
  test.each([
    ['tone-s8-mono-8000.flac', 8_000, 1, 0.02],
    ['tone-s16-stereo-44100.flac', 44_100, 2, 1e-3],
    ['tone-s24-stereo-48000.flac', 48_000, 2, 1e-3],
    ['tone-s32-mono-96000.flac', 96_000, 1, 1e-3],
    ['tone-s16-6ch-16000.flac', 16_000, 6, 1e-3],
    ['tone-s16-mono-22050-no-seektable-small-blocks.flac', 22_050, 1, 1e-3],
  ])('%s comes out as the tone that was encoded', async (file, sampleRateHz, channels, tolerance) => {
    const { samples, source } = await decoded(audioFixture(file));
    expect(source).toEqual({ container: 'flac', encoding: 'flac', sampleRateHz, channels });
    const inner = [800, samples.length - 800] as const;
    const expected = sine(440, 16_000, samples.length);
    expect(largestDifference(samples.subarray(...inner), expected.subarray(...inner))).toBeLessThan(tolerance);
  });

  test('16 kHz mono has the samples and the speech of the same recording as WAV', async () => {
    const flac = await decoded(audioFixture('speech-s16-mono-16000.flac'));
    const wav = await decoded(sampleBytes('de-01.wav'));
    expect(largestDifference(flac.samples, wav.samples)).toBeLessThan(1e-7);
    expect(flac.speech).toEqual(wav.speech);
  });

  test('silence stands where a frame is damaged, and what follows keeps its time', async () => {
    const size = constantFrame(0, 1, 1_000, 8_192).length;
    const bytes = constantFlac({ frames: 10, blockSize: 1_000, value: 8_192 });
    bytes[42 + 4 * size + size - 4]! ^= 0xff; // the value of the fifth frame
    const expected = new Float32Array(10_000).fill(0.25).fill(0, 4_000, 5_000);
    expect(largestDifference((await decoded(bytes)).samples, expected)).toBeLessThan(1e-7);
  });

  test('a file is decoded around dozens of damaged places', async () => {
    const everyOther = (count: number): Uint8Array[] =>
      Array.from({ length: count }, (_, index) => [constantFrame(2 * index, 1, 1_000, 0), Uint8Array.of(1)]).flat();
    const header = constantFlac({ frames: 0, blockSize: 1_000 });
    expect((await decoded(Buffer.concat([header, ...everyOther(60)]))).samples).toHaveLength(119_000);
  });

  test.each([
    ['holds no frames and states none', 'audio_empty', constantFlac({ frames: 0 })],
    ['states samples but holds none', 'audio_corrupt', constantFlac({ frames: 0, statedSamples: 16_000 })],
    ['states more than is accepted', 'audio_too_long', constantFlac({ frames: 1, statedSamples: 16_000 * 3_601 })],
    ['has an impossible sample rate', 'audio_corrupt', constantFlac({ frames: 1, sampleRateHz: 999 })],
  ])('a file that %s is refused', async (_, code, bytes) => {
    expect((await host.decode('default', bytes)).error).toMatchObject({ name: 'AudioError', code });
  });

  test('a small file that unfolds to hours is refused without the memory for them', async () => {
    const before = await host.memoryMib();
    const bytes = constantFlac({ channels: 8, sampleRateHz: 8_000, blockSize: 65_535, frames: 4_000 });
    expect(bytes.length).toBeLessThan(200_000);
    await host.open('minute', { maxDurationS: 60, timeoutMs: NO_HURRY_MS });
    const { error } = await host.decode('minute', bytes);
    expect(error).toMatchObject({ code: 'audio_too_long' });
    expect((await host.memoryMib()) - before).toBeLessThan(100);
    await host.close('minute');
  });

  test('a frame number that claims hours of lost audio is refused', async () => {
    const frames = [constantFrame(0, 1, 65_535, 0), Uint8Array.of(1), constantFrame(60_000, 1, 65_535, 0)];
    const header = constantFlac({ frames: 0, blockSize: 65_535 });
    const { error } = await host.decode('default', Buffer.concat([header, ...frames]));
    expect(error).toMatchObject({ code: 'audio_too_long' });
  });
});

test('hostile bytes become audio or an AudioError, and nothing is written to the log', async () => {
  await host.open('fuzz', { maxDurationS: 60, timeoutMs: NO_HURRY_MS });
  const valid = [
    audioFixture('tone-s16-mono-22050-no-seektable-small-blocks.flac'),
    audioFixture('speech-cbr.mp3'),
    audioFixture('speech.aac'),
    audioFixture('speech.opus'),
    audioFixture('speech-live.webm'),
    audioFixture('speech-moov-start.m4a'),
    constantFlac({ channels: 2, frames: 20, blockSize: 500 }),
    wavFile({ data: pcm16(sine(440, 16_000, 500)) }),
  ];
  const mutation = fc.record({ at: fc.nat({ max: 6_999 }), byte: fc.integer({ min: 0, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...valid), fc.array(mutation, { maxLength: 10 }), async (file, mutations) => {
      const bytes = file.slice();
      for (const { at, byte } of mutations) bytes[at % bytes.length] = byte;
      const { audio, error } = await host.decode('fuzz', bytes);
      if (audio) expect(audio.samples.every((sample) => sample >= -1 && sample <= 1)).toBe(true);
      else expect([error?.name, ERROR_CODES.includes(error?.code ?? '')]).toEqual(['AudioError', true]);
    }),
    { numRuns: 200 },
  );
  // checksums that are right around a subframe of a reserved type: only the decoder can notice
  const { audio, error } = await host.decode('default', constantFlac({ frames: 2, subframeHeader: 0x04 }));
  expect([audio, error?.code]).toEqual([undefined, 'audio_corrupt']);
  expect(host.errorOutput).toBe('');
  await host.close('fuzz');
});

test.each(['speech-vbr-id3.mp3', 'speech.opus', 'speech-live.webm', 'speech-moov-end.m4a', 'speech-vorbis.ogg'])(
  '%s is decoded in a worker thread as it is without one',
  async (file) => {
    const { samples, source, durationS } = await decoded(audioFixture(file));
    const direct = await decodeAudio(audioFixture(file), { maxDurationS: HOUR_S });
    expect([source, durationS]).toEqual([direct.source, direct.durationS]);
    expect(largestDifference(samples, direct.samples)).toBeLessThan(1e-6);
  },
);

test('one channel, and the format of raw samples, can be asked for', async () => {
  const bytes = pcm16([0.5, -0.5, 0.25, -0.25]);
  const format = { encoding: 's16le', sampleRateHz: 16_000, channels: 2 } as const;
  const { audio } = await host.decode('default', bytes, { format, channel: 1 });
  expect([...audio!.samples]).toEqual([-0.5, -0.25]);
  const { error } = await host.decode('default', bytes, { format, channel: 2 });
  expect(error).toMatchObject({ name: 'AudioError', code: 'invalid_value' });
});

test('the event loop stays free while a large file is decoded', async () => {
  const { outcome } = host.start('default', wavFile({ sampleRateHz: 48_000, data: new Uint8Array(60 * 96_000) }));
  const state = { isDone: false };
  const done = outcome.finally(() => {
    state.isDone = true;
  });
  await host.pingMs(); // answered once the bytes have arrived
  const pings: number[] = [];
  while (!state.isDone) pings.push(await host.pingMs());
  expect((await done).audio?.durationS).toBe(60);
  expect(pings.length).toBeGreaterThan(3);
  console.log(`${pings.length} pings while decoding, the slowest took ${Math.max(...pings).toFixed(1)} ms`);
  expect(Math.max(...pings)).toBeLessThan(250);
});

test('the bytes are handed over and not copied, unless they are a part of what Node.js may share', async () => {
  const file = wavFile({ data: pcm16(sine(440, 16_000, 16_000)) });
  expect(await host.start('default', file).outcome).toMatchObject({ bytesLeft: 0 });
  expect(await host.start('default', file, true).outcome).toMatchObject({ bytesLeft: file.length });
});

test('a decoding that takes too long is ended, and the next one works', async () => {
  await host.open('hasty', { maxDurationS: HOUR_S, timeoutMs: 1_000 });
  const { error } = await host.decode('hasty', slowFlac());
  expect(error).toMatchObject({ name: 'AudioError', code: 'audio_decode_timeout' });
  expect(error?.message).toMatch(/\(\d{6} bytes\) took longer than 1000 ms/);
  expect((await host.decode('hasty', sampleBytes('en-02.wav'))).audio?.durationS).toBeCloseTo(2.67, 1);
  await host.close('hasty');
});

test('an abort ends a decoding under way and one that waits, and frees the thread', async () => {
  await host.open('full', { maxDurationS: HOUR_S, timeoutMs: NO_HURRY_MS });
  const running = [host.start('full', slowFlac()), host.start('full', slowFlac())];
  const waiting = host.start('full', slowFlac());
  for (const { id, outcome } of [waiting, ...running]) {
    await host.abort(id);
    expect((await outcome).error?.message).toBe('the client went away');
  }
  expect((await host.decode('full', sampleBytes('en-02.wav'))).audio).toBeDefined();
  await host.close('full');
});

test('closing ends what is under way and what waits, and nothing is taken on any more', async () => {
  await host.open('closing', { maxDurationS: HOUR_S, timeoutMs: NO_HURRY_MS });
  const outcomes = Array.from({ length: 3 }, () => host.decode('closing', slowFlac()));
  await host.close('closing');
  outcomes.push(host.decode('closing', slowFlac()));
  for (const { error } of await Promise.all(outcomes)) expect(error?.message).toBe('The audio decoder is closed.');
});

test('callers who leave in the moment in which their file is done cost nobody else theirs', async () => {
  const script = path.join(__dirname, '../../support/audio-decoder-leavers.js');
  const { stdout } = await promisify(execFile)(process.execPath, [script, path.join(NANO, 'samples/en-02.wav'), '8']);
  const { decoded, left, errors } = JSON.parse(stdout) as { decoded: number; left: number; errors: string[] };
  expect(errors).toEqual([]);
  expect(Math.min(decoded, left)).toBeGreaterThan(100);
}, 60_000);

test('many files at once are all decoded, each as itself', async () => {
  const lengths = Array.from({ length: 20 }, (_, index) => 1_000 + index);
  const results = await Promise.all(
    lengths.map((length) => host.decode('default', wavFile({ data: pcm16(new Float32Array(length)) }))),
  );
  expect(results.map(({ audio }) => audio?.samples.length)).toEqual(lengths);
});

test('the warm thread costs little memory', async () => {
  const fresh = new AudioDecoderHost();
  const before = await fresh.memoryMib();
  await fresh.open('idle', { maxDurationS: HOUR_S, timeoutMs: NO_HURRY_MS });
  await fresh.decode('idle', sampleBytes('en-02.wav'));
  const cost = (await fresh.memoryMib()) - before;
  fresh.stop();
  console.log(`one warm decoding thread after its first file: ${cost.toFixed(1)} MiB`);
  expect(cost).toBeLessThan(60);
});

test('30 s of 48 kHz stereo are decoded in a fraction of a second', async () => {
  const data = pcm16(noise(48_000, 0.5));
  const bytes = wavFile({
    channels: 2,
    sampleRateHz: 48_000,
    data: Buffer.concat(new Array<Uint8Array>(60).fill(data)),
  });
  await host.decode('default', bytes);
  const before = performance.now();
  await host.decode('default', bytes);
  const elapsedMs = performance.now() - before;
  console.log(`30 s of 48 kHz stereo decoded in ${elapsedMs.toFixed(0)} ms, transport to the test's process included`);
  expect(elapsedMs).toBeLessThan(3_000);
});
