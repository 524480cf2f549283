import type { AudioErrorCode } from '../../../service/src/audio/audio-error';
import { decodeAudio } from '../../../service/src/audio/decode-audio';
import type { RawFormat } from '../../../service/src/audio/raw';
import { audioFixture } from '../../support/audio-fixture';
import { constantFlac } from '../../support/flac-writer';
import { largestDifference, noise, sine } from '../../support/signals';
import { pcm16, wavFile } from '../../support/wav-writer';

const LIMITS = { maxDurationS: 10 };

async function codeOf(bytes: Uint8Array, options = LIMITS): Promise<AudioErrorCode | 'audio'> {
  try {
    const { samples } = await decodeAudio(bytes, options);
    expect(samples.every((sample) => sample >= -1 && sample <= 1)).toBe(true);
    return 'audio';
  } catch (error) {
    expect(error).toMatchObject({ name: 'AudioError' });
    return (error as { code: AudioErrorCode }).code;
  }
}

describe('raw samples', () => {
  const tone = sine(440, 16_000, 1_600);
  const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

  test.each<[RawFormat['encoding'], (values: Float32Array) => Uint8Array, number]>([
    ['s16le', pcm16, 1e-4],
    [
      's16be',
      (values) => {
        const bytes = pcm16(values);
        for (let at = 0; at < bytes.length; at += 2) view(bytes).setInt16(at, view(bytes).getInt16(at, true));
        return bytes;
      },
      1e-4,
    ],
    ['f32le', (values) => new Uint8Array(Float32Array.from(values).buffer), 1e-7],
  ])('%s comes out as what the caller says it is', async (encoding, write, tolerance) => {
    const format: RawFormat = { encoding, sampleRateHz: 16_000, channels: 1 };
    const audio = await decodeAudio(write(tone), { ...LIMITS, format });
    expect(audio.source).toEqual({ container: 'raw', encoding: `pcm_${encoding}`, sampleRateHz: 16_000, channels: 1 });
    expect(largestDifference(audio.samples, tone)).toBeLessThan(tolerance);
  });

  test('µ-law and A-law of telephones are twice as long at 16 kHz', async () => {
    for (const [encoding, silence] of [
      ['mulaw', 0xff],
      ['alaw', 0xd5],
    ] as const) {
      const bytes = new Uint8Array(800).fill(silence);
      const audio = await decodeAudio(bytes, { ...LIMITS, format: { encoding, sampleRateHz: 8_000, channels: 1 } });
      expect(audio.samples).toHaveLength(1_600);
      expect(Math.max(...audio.samples.map(Math.abs))).toBeLessThan(1e-3);
    }
  });

  test('bytes that look like a file are samples where the caller says so', async () => {
    const format: RawFormat = { encoding: 's16le', sampleRateHz: 16_000, channels: 1 };
    const file = wavFile({ data: pcm16(tone) });
    expect((await decodeAudio(file, { ...LIMITS, format })).samples).toHaveLength(file.length / 2);
  });

  test.each<[string, unknown]>([
    ['encoding', { encoding: 'opus', sampleRateHz: 16_000, channels: 1 }],
    ['sample rate', { encoding: 's16le', sampleRateHz: 999, channels: 1 }],
    ['sample rate', { encoding: 's16le', sampleRateHz: 16_000.5, channels: 1 }],
    ['channels', { encoding: 's16le', sampleRateHz: 16_000, channels: 0 }],
    ['channels', { encoding: 's16le', sampleRateHz: 16_000, channels: Number.NaN }],
  ])('an impossible %s is refused', async (field, format) => {
    await expect(decodeAudio(pcm16(tone), { ...LIMITS, format: format as RawFormat })).rejects.toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining(field),
    });
  });
});

describe('one channel', () => {
  const left = sine(440, 16_000, 1_600);
  const right = sine(1_000, 16_000, 1_600);
  const stereo = wavFile({
    channels: 2,
    data: pcm16(Float32Array.from({ length: 3_200 }, (_, at) => (at % 2 === 0 ? left : right)[at >> 1]!)),
  });

  test('can be chosen; without a choice it is the mean of all', async () => {
    const [first, second, mean] = await Promise.all(
      [{ channel: 0 }, { channel: 1 }, {}].map((choice) => decodeAudio(stereo, { ...LIMITS, ...choice })),
    );
    expect(largestDifference(first!.samples, left)).toBeLessThan(1e-4);
    expect(largestDifference(second!.samples, right)).toBeLessThan(1e-4);
    const expected = left.map((value, at) => (value + right[at]!) / 2);
    expect(largestDifference(mean!.samples, expected)).toBeLessThan(1e-4);
  });

  test.each([2, -1, 0.5, Number.NaN])('%d of two is refused', async (channel) => {
    await expect(decodeAudio(stereo, { ...LIMITS, channel })).rejects.toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining('the audio has 2'),
    });
  });

  test('can be chosen in coded audio', async () => {
    const both = await decodeAudio(audioFixture('speech-moov-start.m4a'), LIMITS);
    const second = await decodeAudio(audioFixture('speech-moov-start.m4a'), { ...LIMITS, channel: 1 });
    expect(largestDifference(second.samples, both.samples)).toBeLessThan(0.01); // the same in both channels
  });
});

describe('what is beyond the usual has a defined answer', () => {
  test('8 channels at 192 kHz are mixed and resampled', async () => {
    const data = pcm16(noise(8 * 19_200, 0.5));
    const audio = await decodeAudio(wavFile({ sampleRateHz: 192_000, channels: 8, data }), LIMITS);
    expect(audio.source).toMatchObject({ sampleRateHz: 192_000, channels: 8 });
    expect(audio.durationS).toBe(0.1);
  });

  test('three hours are refused at once where less is accepted', async () => {
    const threeHours = wavFile({ sampleRateHz: 1_000, bitsPerSample: 8, data: new Uint8Array(3 * 3_600 * 1_000) });
    const before = performance.now();
    expect(await codeOf(threeHours, { maxDurationS: 3_600 })).toBe('audio_too_long');
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test.each<[string, AudioErrorCode | 'audio', Uint8Array]>([
    ['no bytes', 'audio_empty', new Uint8Array(0)],
    ['one sample', 'audio', wavFile({ data: pcm16([0.5]) })],
    ['no samples', 'audio_empty', wavFile({ data: new Uint8Array(0) })],
    ['digital silence', 'audio', wavFile({ data: new Uint8Array(32_000) })],
    ['NaN and infinities', 'audio', wavFile({ tag: 3, bitsPerSample: 32, data: new Uint8Array(400).fill(0xff) })],
    ['257 channels', 'audio_corrupt', wavFile({ channels: 257, data: new Uint8Array(2 * 257) })],
    ['a sample rate of 1 MHz', 'audio_corrupt', wavFile({ sampleRateHz: 1_000_000, data: new Uint8Array(4) })],
    ['a data size of 4 GiB', 'audio', wavFile({ dataSize: 0xffff_fffe, data: new Uint8Array(320) })],
    ['FLAC that claims hours', 'audio_too_long', constantFlac({ frames: 1, statedSamples: 16_000 * 3_600 })],
    ['FLAC that unfolds to hours', 'audio_too_long', constantFlac({ frames: 200, blockSize: 65_535 })],
    ['MP3 without a frame', 'audio_corrupt', Uint8Array.of(0xff, 0xfb, 0x90, 0x64, 0, 0)],
    ['Ogg without a whole page', 'audio_corrupt', Uint8Array.from(Buffer.from('OggS\0\x02', 'latin1'))],
    ['WebM without tracks', 'audio_corrupt', audioFixture('speech-live.webm').slice(0, 48)],
    ['MP4 without moov', 'audio_corrupt', Uint8Array.from(Buffer.from('\0\0\0\x10ftypM4A \0\0\0\0', 'latin1'))],
    ['AIFF without sound', 'audio_corrupt', audioFixture('speech-s16be.aiff').slice(0, 40)],
    ['AU of another encoding', 'unsupported_format', withByte(audioFixture('speech-ulaw.au'), 15, 23)],
  ])('%s: %s', async (_, outcome, bytes) => {
    expect(await codeOf(bytes)).toBe(outcome);
  });

  test('audio that is longer than accepted is refused while it is decoded, without a header that says so', async () => {
    for (const file of ['speech-cbr.mp3', 'speech.aac', 'speech.opus', 'speech-live.webm', 'speech-fragmented.mp4']) {
      expect(await codeOf(audioFixture(file), { maxDurationS: 1 })).toBe('audio_too_long');
    }
  });

  test('sizes that claim gigabytes cost nothing', async () => {
    const files = ['speech-moov-start.m4a', 'speech-fragmented.mp4', 'speech-live.webm', 'speech-s16be.aiff'];
    const before = process.memoryUsage().arrayBuffers;
    for (const file of files) {
      const bytes = audioFixture(file);
      for (let at = 0; at < 600; at += 12) {
        const lying = bytes.slice();
        new DataView(lying.buffer).setUint32(at, 0x7fff_fff0);
        await codeOf(lying);
      }
    }
    // what was decoded and is not collected yet: nothing near a gigabyte
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(400 * 2 ** 20);
  });
});

/** HE-AAC's configurations name an extension; its core, which is decoded, is in a file of AAC-LC just the same. */
test('AAC that says to be HE-AAC is decoded by its core', async () => {
  const bytes = audioFixture('speech-moov-end.m4a');
  const plain = await decodeAudio(bytes, LIMITS);
  const at = Buffer.from(bytes.buffer).indexOf(Buffer.from([0x05, 0x80, 0x80, 0x80, 0x05])) + 5;
  expect(at).toBeGreaterThan(5);
  // 00010 0100 0001 000 + 0x2b7 00101 1: the extension behind the configuration, as encoders signal it compatibly
  bytes.set([0x12, 0x08, 0x56, 0xe5, 0x80], at);
  expect((await decodeAudio(bytes, LIMITS)).samples).toEqual(plain.samples);
  // 00101 0100 0001 0100 00010: object type 5 with the core's rate, the extension's, and type 2 as its core
  bytes.set([0x2a, 0x0a, 0x08, 0x00, 0x00], at);
  expect((await decodeAudio(bytes, LIMITS)).samples).toEqual(plain.samples);
});

function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  bytes[at] = value;
  return bytes;
}
