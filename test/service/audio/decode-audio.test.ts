import fc from 'fast-check';
import { AudioError } from '../../../service/src/audio/audio-error';
import { decodeAudio } from '../../../service/src/audio/decode-audio';
import { sampleBytes } from '../../support/nano';
import { largestDifference, sine } from '../../support/signals';
import { pcm16, wavFile } from '../../support/wav-writer';

const LIMITS = { maxDurationS: 10 };

test('16 kHz mono comes out sample by sample', async () => {
  const samples = sine(440, 16_000, 4_000);
  const audio = await decodeAudio(wavFile({ data: pcm16(samples) }), LIMITS);
  expect(audio.source).toEqual({ container: 'wav', encoding: 'pcm_s16le', sampleRateHz: 16_000, channels: 1 });
  expect(audio.durationS).toBe(0.25);
  expect(audio.samples.buffer.byteLength).toBe(4 * 4_000);
  expect(largestDifference(audio.samples, samples)).toBeLessThan(1 / 65_000);
});

test('44.1 kHz stereo comes out as 16 kHz mono of the same length', async () => {
  const samples = sine(440, 44_100, 44_100);
  const stereo = Float32Array.from({ length: 2 * samples.length }, (_, index) => samples[index >> 1]!);
  const audio = await decodeAudio(wavFile({ channels: 2, sampleRateHz: 44_100, data: pcm16(stereo) }), LIMITS);
  expect(audio.samples).toHaveLength(16_000);
  const expected = sine(440, 16_000, 16_000);
  expect(largestDifference(audio.samples.subarray(800, 15_200), expected.subarray(800, 15_200))).toBeLessThan(1e-4);
});

test.each([
  ['A-law', 6, (value: number): number => aLaw(value)],
  ['µ-law', 7, (value: number): number => muLaw(value)],
])('a %s telephone recording at 8 kHz comes out as the tone that was recorded', async (_, tag, compress) => {
  const data = Uint8Array.from(sine(1_000, 8_000, 8_000), compress);
  const audio = await decodeAudio(wavFile({ tag, bitsPerSample: 8, sampleRateHz: 8_000, data }), LIMITS);
  const expected = sine(1_000, 16_000, 16_000);
  // eight bits leave errors of up to 1/32 of the amplitude
  expect(largestDifference(audio.samples.subarray(800, 15_200), expected.subarray(800, 15_200))).toBeLessThan(0.02);
});

test('speech is found in what was decoded', async () => {
  const { speech, samples } = await decodeAudio(sampleBytes('en-01.wav'), LIMITS);
  expect(speech).toHaveLength(1);
  expect(speech[0]!.startSample).toBeLessThan(0.36 * 16_000);
  expect(speech[0]!.endSample).toBeGreaterThan(3.7 * 16_000);
  expect(speech[0]!.endSample).toBeLessThanOrEqual(samples.length);
});

test('the longest accepted audio is accepted, one sample more is refused before it is decoded', async () => {
  const limits = { maxDurationS: 0.5 };
  const data = pcm16(new Float32Array(8_001));
  expect((await decodeAudio(wavFile({ data: data.subarray(2) }), limits)).durationS).toBe(0.5);
  await expect(decodeAudio(wavFile({ data }), limits)).rejects.toMatchObject({
    code: 'audio_too_long',
    message: expect.stringContaining('longer than the 0.5 s'),
  });
});

test('whatever is done to a WAV file, it becomes bounded samples or an AudioError', async () => {
  const valid = [
    wavFile({ data: pcm16(sine(440, 16_000, 500)) }),
    wavFile({
      riffId: 'RF64',
      tag: 3,
      bitsPerSample: 32,
      channels: 2,
      sampleRateHz: 48_000,
      data: new Uint8Array(800),
    }),
    wavFile({ subFormat: '0600000000001000800000aa00389b71', bitsPerSample: 8, data: new Uint8Array(300).fill(0x2a) }),
  ];
  const mutation = fc.record({ at: fc.nat({ max: 90 }), byte: fc.integer({ min: 0, max: 255 }) });
  const cases = fc.record({
    file: fc.constantFrom(...valid),
    mutations: fc.array(mutation, { maxLength: 6 }),
    kept: fc.double({ min: 0, max: 1, noNaN: true }),
    isCut: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ file, mutations, kept, isCut }) => {
      const bytes = file.slice(0, isCut ? Math.floor(kept * file.length) : file.length);
      for (const { at, byte } of mutations) if (at < bytes.length) bytes[at] = byte;
      await expectAudioOrError(bytes);
    }),
    { numRuns: 1_000 },
  );
});

test('arbitrary bytes behind a WAV header become bounded samples or an AudioError', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (rest) => {
      await expectAudioOrError(Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), rest]));
    }),
    { numRuns: 500 },
  );
});

async function expectAudioOrError(bytes: Uint8Array): Promise<void> {
  try {
    const { samples } = await decodeAudio(bytes, LIMITS);
    expect(samples.length).toBeGreaterThan(0);
    expect(samples.every((sample) => sample >= -1 && sample <= 1)).toBe(true);
  } catch (error) {
    if (!(error instanceof AudioError)) throw error;
    expect(error.message).not.toBe('');
  }
}

/** The encoder of ITU-T G.191's reference code. */
function aLaw(value: number): number {
  const linear = Math.round(value * 32767) >> 4;
  let magnitude = linear < 0 ? ~linear : linear;
  if (magnitude > 15) {
    let exponent = 1;
    while (magnitude > 16 + 15) {
      magnitude >>= 1;
      exponent++;
    }
    magnitude = magnitude - 16 + (exponent << 4);
  }
  return (linear >= 0 ? magnitude | 0x80 : magnitude) ^ 0x55;
}

/** The encoder of ITU-T G.191's reference code. */
function muLaw(value: number): number {
  const linear = Math.round(value * 32767);
  const magnitude = Math.min(((linear < 0 ? ~linear : linear) >> 2) + 33, 0x1fff);
  let segment = 1;
  for (let rest = magnitude >> 6; rest !== 0; rest >>= 1) segment++;
  const code = ((8 - segment) << 4) | (15 - ((magnitude >> segment) & 15));
  return linear >= 0 ? code | 0x80 : code;
}
