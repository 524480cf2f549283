import { AudioError } from '../../../../service/src/audio/audio-error';
import type { AudioStream } from '../../../../service/src/audio/audio-stream';
import { MonoMixer } from '../../../../service/src/audio/mono-mixer';
import { openWav } from '../../../../service/src/audio/containers/wav';
import { chunk, pcm16, wavFile, type WavFile } from '../../../support/wav-writer';

const RAMP = [0, 0.25, -0.25, 0.5, -0.5, 0.75, -1, 0.125];

function monoOf(wav: AudioStream): number[] {
  const mixer = new MonoMixer();
  const samples = [...wav.blocks()].flatMap((block) => Array.from(mixer.mix(block)));
  expect(samples).toHaveLength(wav.frameCount!);
  return samples;
}

const read = (file: WavFile): number[] => monoOf(openWav(wavFile(file)));

function refusal(bytes: Uint8Array): AudioError {
  try {
    openWav(bytes);
  } catch (error) {
    if (error instanceof AudioError) return error;
    throw error;
  }
  throw new Error('not refused');
}

/** Writes each value with a DataView setter. */
function encoded(bytesPerSample: number, write: (view: DataView, at: number, value: number) => void): Uint8Array {
  const bytes = new Uint8Array(RAMP.length * bytesPerSample);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of RAMP.entries()) write(view, index * bytesPerSample, value);
  return bytes;
}

const PCM24 = encoded(3, (view, at, value) => {
  const scaled = value * 2 ** 23;
  view.setUint8(at, scaled & 0xff);
  view.setInt16(at + 1, scaled >> 8, true);
});
const PCM32 = encoded(4, (view, at, value) => {
  view.setInt32(at, value * 2 ** 31, true);
});
const FLOAT32 = encoded(4, (view, at, value) => {
  view.setFloat32(at, value, true);
});

describe('encodings', () => {
  test.each<[string, Partial<WavFile>, Uint8Array]>([
    [
      'pcm_u8',
      { bitsPerSample: 8 },
      encoded(1, (view, at, value) => {
        view.setUint8(at, value * 128 + 128);
      }),
    ],
    ['pcm_s16le', {}, pcm16(RAMP)],
    ['pcm_s24le', { bitsPerSample: 24 }, PCM24],
    ['pcm_s32le', { bitsPerSample: 32 }, PCM32],
    ['pcm_f32le', { tag: 3, bitsPerSample: 32 }, FLOAT32],
    [
      'pcm_f64le',
      { tag: 3, bitsPerSample: 64 },
      encoded(8, (view, at, value) => {
        view.setFloat64(at, value, true);
      }),
    ],
  ])('%s is read exactly', (encoding, fields, data) => {
    const wav = openWav(wavFile({ ...fields, data }));
    expect(wav.source.encoding).toBe(encoding);
    expect(monoOf(wav)).toEqual(RAMP);
  });

  test.each([
    ['pcm_alaw', 6, [0xaa, 0x2a, 0xd5], [32256, -32256, 8]],
    ['pcm_mulaw', 7, [0x80, 0x00, 0xff], [32124, -32124, 0]],
  ])('%s at 8 kHz is expanded', (encoding, tag, codes, values) => {
    // 16 instead of 8 bits in the header, as some telephone recorders write, changes nothing
    for (const bitsPerSample of [8, 16]) {
      const wav = openWav(
        wavFile({ tag, bitsPerSample, blockAlign: 1, sampleRateHz: 8_000, data: Uint8Array.from(codes) }),
      );
      expect(wav.source).toEqual({ container: 'wav', encoding, sampleRateHz: 8_000, channels: 1 });
      expect(monoOf(wav)).toEqual(values.map((value) => value / 32768));
    }
  });

  test('channels are mixed down to their mean', () => {
    expect(read({ channels: 2, data: pcm16([0.5, 0.25, -0.5, 0.5]) })).toEqual([0.375, 0]);
    expect(read({ channels: 5, data: pcm16([0.5, 0.5, 0.5, 0.5, -0.75]) })).toEqual([0.25]);
  });

  test('float samples that are no numbers are silence, those beyond full scale are clipped', () => {
    const data = new Uint8Array(new Float32Array([Number.NaN, Number.POSITIVE_INFINITY, 1.5, -7, 0.5]).buffer);
    expect(read({ tag: 3, bitsPerSample: 32, data })).toEqual([0, 0, 1, -1, 0.5]);
  });

  test('WAVE_FORMAT_EXTENSIBLE is read as its sub-format', () => {
    const tail = '000000001000800000aa00389b71';
    expect(read({ subFormat: `0100${tail}`, bitsPerSample: 24, data: PCM24 })).toEqual(RAMP);
    expect(read({ subFormat: `0300${tail}`, bitsPerSample: 32, data: FLOAT32 })).toEqual(RAMP);
    expect(read({ subFormat: '010000002107d3118644c8c1ca000000', data: pcm16(RAMP) })).toEqual(RAMP);
  });

  test('20-bit samples fill their 24-bit containers from the top', () => {
    expect(read({ bitsPerSample: 20, data: PCM24 })).toEqual(RAMP);
  });

  test('24-bit samples in 32-bit containers are recognised by their block align', () => {
    expect(read({ bitsPerSample: 24, blockAlign: 4, data: PCM32 })).toEqual(RAMP);
  });

  test('a block align that cannot be is recomputed', () => {
    for (const blockAlign of [0, 1, 3, 7, 65_535]) expect(read({ blockAlign, data: pcm16(RAMP) })).toEqual(RAMP);
  });

  test.each<[string, Partial<WavFile>]>([
    ['IMA ADPCM (format tag 0x0011)', { tag: 0x11, bitsPerSample: 4 }],
    ['MP3 (format tag 0x0055)', { tag: 0x55, bitsPerSample: 0 }],
    ['format tag 0x1234', { tag: 0x1234 }],
    ['format tag 0xfffe', { subFormat: '0100'.padEnd(32, 'e') }],
    ['float samples of 16 bits', { tag: 3, bitsPerSample: 16 }],
    ['PCM samples of 0 bits', { bitsPerSample: 0, blockAlign: 0 }],
    ['PCM samples of 64 bits', { bitsPerSample: 64 }],
  ])('%s is refused by name', (name, fields) => {
    const error = refusal(wavFile({ ...fields, data: pcm16(RAMP) }));
    expect(error.code).toBe('unsupported_format');
    expect(error.message).toContain(name);
  });
});

describe('headers that lie', () => {
  const data = pcm16(RAMP);
  const list = chunk('LIST', Buffer.from('INFOISFT\x05\0\0\0made', 'latin1'));

  test('a data size that a streaming writer left at 0 or 0xFFFFFFFF means all that follows', () => {
    for (const dataSize of [0, 0xffff_ffff]) expect(read({ data, dataSize })).toEqual(RAMP);
  });

  test('a data size beyond the end of a truncated file means what is there', () => {
    expect(read({ data, dataSize: 1_000_000 })).toEqual(RAMP);
    const whole = wavFile({ data });
    expect(monoOf(openWav(whole.subarray(0, whole.length - 3)))).toEqual(RAMP.slice(0, -2));
  });

  test('the size of the RIFF does not matter', () => {
    const file = wavFile({ data });
    for (const size of [0, 7, 0xffff_ffff]) {
      new DataView(file.buffer).setUint32(4, size, true);
      expect(monoOf(openWav(file))).toEqual(RAMP);
    }
  });

  test('other chunks before, between and after are passed over', () => {
    const fact = chunk('fact', new Uint8Array(4));
    expect(read({ data, before: [list, fact], after: [list, chunk('cue ', new Uint8Array(3))] })).toEqual(RAMP);
  });

  test('a chunk of odd size is followed with and without its padding byte', () => {
    const odd = chunk('odd ', Uint8Array.from([1, 2, 3]));
    expect(read({ data, before: [odd] })).toEqual(RAMP);
    expect(read({ data, before: [odd.subarray(0, -1), new Uint8Array(0)] })).toEqual(RAMP);
  });

  test('audio may stand before its format', () => {
    const file = wavFile({ data });
    const [header, format, audio] = [file.subarray(0, 12), file.subarray(12, 36), file.subarray(36)];
    expect(monoOf(openWav(Buffer.concat([header, audio, format])))).toEqual(RAMP);
  });

  test('RF64 and BW64 take the size from the ds64 chunk', () => {
    for (const riffId of ['RF64', 'BW64'] as const) expect(read({ riffId, data, after: [list] })).toEqual(RAMP);
  });

  test('an empty data chunk before other chunks is empty and not made of them', () => {
    expect(refusal(wavFile({ data: new Uint8Array(0), after: [list] })).code).toBe('audio_empty');
    expect(refusal(wavFile({ data: new Uint8Array(0) })).code).toBe('audio_empty');
    expect(refusal(wavFile({ data: new Uint8Array(1) })).code).toBe('audio_empty');
  });

  test.each<[string, Uint8Array]>([
    ['0 channels', wavFile({ channels: 0, data, blockAlign: 2 })],
    ['999 Hz', wavFile({ sampleRateHz: 999, data })],
    ['0 Hz', wavFile({ sampleRateHz: 0, data })],
    ['4294967295 Hz', wavFile({ sampleRateHz: 0xffff_ffff, data })],
    ['no "fmt " chunk', Buffer.concat([wavFile({ data }).subarray(0, 12), chunk('data', data)])],
    ['no "data" chunk', wavFile({ data }).subarray(0, 36)],
    ['"fmt " chunk of 8 bytes', Buffer.concat([wavFile({ data }).subarray(0, 12), chunk('fmt ', new Uint8Array(8))])],
  ])('%s is corrupt', (fault, bytes) => {
    const error = refusal(bytes);
    expect(error.code).toBe('audio_corrupt');
    expect(error.message).toContain(fault);
  });
});
