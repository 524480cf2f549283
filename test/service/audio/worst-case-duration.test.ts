import { worstCaseDurationS } from '../../../service/src/audio/worst-case-duration';
import { constantFlac } from '../../support/flac-writer';
import { readCounter } from '../../support/read-counter';
import { chunk, wavFile } from '../../support/wav-writer';

const MAX_S = 900;
const BODY_BYTES = 26_214_400;

describe('worstCaseDurationS', () => {
  test.each([
    ['16 kHz 16-bit mono', 2, wavFile({ data: new Uint8Array(64_000) })],
    ['48 kHz stereo', 1, wavFile({ sampleRateHz: 48_000, channels: 2, data: new Uint8Array(192_000) })],
    ['µ-law', 8, wavFile({ tag: 7, bitsPerSample: 8, sampleRateHz: 8_000, data: new Uint8Array(64_000) })],
    ['RF64', 2, wavFile({ riffId: 'RF64', data: new Uint8Array(64_000) })],
    ['behind a JUNK chunk', 2, wavFile({ before: [chunk('JUNK', new Uint8Array(27))], data: new Uint8Array(64_000) })],
  ])('a WAV file, %s, holds what its size allows', (_, durationS, bytes) => {
    expect(worstCaseDurationS(bytes, MAX_S)).toBeGreaterThanOrEqual(durationS);
    expect(worstCaseDurationS(bytes, MAX_S)).toBeLessThan(durationS + 0.02);
  });

  test('a block align or a data size that lies makes no difference', () => {
    const data = new Uint8Array(64_000);
    const honest = worstCaseDurationS(wavFile({ data }), MAX_S);
    expect(worstCaseDurationS(wavFile({ data, blockAlign: 60_000 }), MAX_S)).toBe(honest);
    expect(worstCaseDurationS(wavFile({ data, dataSize: 2 }), MAX_S)).toBe(honest);
  });

  test.each([
    ['a FLAC file, whatever it states', constantFlac({ frames: 1, statedSamples: 16_000 })],
    ['a WAV file that holds more', wavFile({ sampleRateHz: 1_000, bitsPerSample: 8, data: new Uint8Array(1_000_000) })],
    ['a WAV file of an encoding that is not decoded', wavFile({ tag: 2, data: new Uint8Array(64_000) })],
    ['a WAV file without channels', wavFile({ channels: 0, blockAlign: 2, data: new Uint8Array(64_000) })],
    ['a WAV file without a format', wavFile({ data: new Uint8Array(64_000) }).subarray(0, 20)],
    ['bytes of another kind', Uint8Array.from(Buffer.from('no sound file'))],
    ['nothing', new Uint8Array(0)],
  ])('%s may come to the longest audio', (_, bytes) => {
    expect(worstCaseDurationS(bytes, MAX_S)).toBe(MAX_S);
  });

  test('a file of millions of chunks costs no time', () => {
    const bytes = wavFile({
      before: [Buffer.alloc(BODY_BYTES, chunk('junk', new Uint8Array(0)))],
      data: Uint8Array.of(1),
    });
    const { bytes: counted, reads } = readCounter(bytes);
    expect(worstCaseDurationS(counted, MAX_S)).toBe(MAX_S);
    expect(reads()).toBeLessThan(100);
  });
});
