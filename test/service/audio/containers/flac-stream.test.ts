import fc from 'fast-check';
import { AudioError } from '../../../../service/src/audio/audio-error';
import { readFlacStream, type FlacFrame, type FlacStream } from '../../../../service/src/audio/containers/flac-stream';
import { audioFixture } from '../../../support/audio-fixture';
import { failureOf } from '../../../support/failure-of';
import { constantFlac, constantFrame } from '../../../support/flac-writer';
import { readCounter } from '../../../support/read-counter';

const HEADER_BYTES = 42;

const framesOf = (bytes: Uint8Array): FlacFrame[] => [...readFlacStream(bytes).frames()];
const samplesIn = (frames: readonly FlacFrame[]): number => frames.reduce((sum, { blockSize }) => sum + blockSize, 0);

test.each([
  ['tone-s8-mono-8000.flac', 8_000, 1, 4_000],
  ['tone-s16-stereo-44100.flac', 44_100, 2, 22_050],
  ['tone-s24-stereo-48000.flac', 48_000, 2, 24_000],
  ['tone-s32-mono-96000.flac', 96_000, 1, 24_000],
  ['tone-s16-6ch-16000.flac', 16_000, 6, 8_000],
  ['tone-s16-mono-22050-no-seektable-small-blocks.flac', 22_050, 1, 11_025],
])('%s: the frames found hold every sample that the header states', (file, sampleRateHz, channels, samples) => {
  const bytes = audioFixture(file);
  const stream: FlacStream = readFlacStream(bytes);
  expect(stream).toMatchObject({ sampleRateHz, channels, statedSamples: samples });
  const frames = framesOf(bytes);
  expect(samplesIn(frames)).toBe(samples);
  expect(frames.every(({ lostSamples }) => lostSamples === 0)).toBe(true);
});

test('frames follow one another without gaps up to the end of the file', () => {
  const bytes = audioFixture('tone-s16-stereo-44100.flac');
  const length = framesOf(bytes).reduce((sum, frame) => sum + frame.bytes.length, 0);
  const first = framesOf(bytes)[0]!.bytes;
  expect(first.byteOffset + length).toBe(bytes.length);
});

test('a damaged frame is passed over and the samples lost are counted', () => {
  const bytes = constantFlac({ frames: 10, blockSize: 1_000, value: 5 });
  const size = constantFrame(0, 1, 1_000, 5).length;
  bytes[HEADER_BYTES + 4 * size + size - 4]! ^= 0xff; // the value of the fifth frame
  const frames = framesOf(bytes);
  expect(frames).toHaveLength(9);
  expect(frames.map(({ lostSamples }) => lostSamples)).toEqual([0, 0, 0, 0, 1_000, 0, 0, 0, 0]);
});

test('a frame that was cut off at the end of the file is passed over', () => {
  const bytes = constantFlac({ frames: 3, blockSize: 1_000 });
  expect(samplesIn(framesOf(bytes.subarray(0, -1)))).toBe(2_000);
});

test('a tag behind the last frame does not hide it', () => {
  const tag = Buffer.from(`TAG${'x'.repeat(125)}`);
  expect(samplesIn(framesOf(Buffer.concat([constantFlac({ frames: 3, blockSize: 1_000 }), tag])))).toBe(3_000);
});

test('a stream that begins in the middle of a recording starts at its own beginning', () => {
  const header = constantFlac({ frames: 0, blockSize: 1_000 });
  const frames = framesOf(Buffer.concat([header, constantFrame(700, 1, 1_000, 0), constantFrame(701, 1, 1_000, 0)]));
  expect(frames.map(({ lostSamples }) => lostSamples)).toEqual([0, 0]);
});

test('a frame with another number of channels is not part of the stream', () => {
  const bytes = Buffer.concat([constantFlac({ frames: 1 }), constantFrame(1, 2, 4_096, 0)]);
  expect(framesOf(bytes)).toHaveLength(1);
});

test.each([
  ['shorter than its header', Uint8Array.from(Buffer.from('fLaC\0\0\0\x22short', 'latin1'))],
  ['without STREAMINFO at its beginning', Uint8Array.from(Buffer.from(`fLaC\x84\0\0\x22${'\0'.repeat(60)}`, 'latin1'))],
])('a file %s is corrupt', (_, bytes) => {
  expect(() => readFlacStream(bytes)).toThrow(AudioError);
  expect(() => readFlacStream(bytes)).toThrow('STREAMINFO');
});

/**
 * Frame headers with right checksums and no frames behind them. Of number 18, the checksum of a frame does not come out
 * at zero at any of the 139,280 bytes that it could have: each header costs as much as a search can.
 */
function frameHeaders(count: number): Uint8Array {
  const frame = constantFrame(18, 1, 65_535, 0);
  const headers = new Array<Uint8Array>(count).fill(frame.subarray(0, 8));
  return Uint8Array.from(Buffer.concat([constantFlac({ frames: 0, blockSize: 65_535 }), ...headers]));
}

test('a file full of headers without frames is given up after work in proportion to its size', () => {
  const readsPerByte = [12_000, 120_000].map((count) => {
    const { bytes, reads } = readCounter(frameHeaders(count));
    const frames = readFlacStream(bytes).frames();
    expect(failureOf(() => [...frames])).toMatchObject({ code: 'audio_corrupt' });
    return reads() / bytes.length;
  });
  console.log(`bytes read for each byte of the file: ${readsPerByte.map((reads) => reads.toFixed(1)).join(', ')}`);
  // of each byte that is checked a few more are read: it may begin a header
  expect(Math.max(...readsPerByte)).toBeLessThan(60);
});

test('a sound file is read about once', () => {
  const { bytes, reads } = readCounter(audioFixture('tone-s16-stereo-44100.flac'));
  expect([...readFlacStream(bytes).frames()].length).toBeGreaterThan(3);
  expect(reads() / bytes.length).toBeLessThan(1.5);
});

test('whatever is done to a file, frames are whole, in order and inside it', () => {
  const valid = audioFixture('tone-s16-mono-22050-no-seektable-small-blocks.flac');
  const mutation = fc.record({ at: fc.nat({ max: valid.length - 1 }), byte: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(fc.array(mutation, { maxLength: 20 }), fc.nat({ max: valid.length }), (mutations, length) => {
      const bytes = valid.slice(0, Math.max(length, HEADER_BYTES));
      for (const { at, byte } of mutations) if (at > 4 && at < bytes.length) bytes[at] = byte;
      let end = 0;
      for (const frame of framesOf(bytes)) {
        expect(frame.bytes.byteOffset).toBeGreaterThanOrEqual(end);
        end = frame.bytes.byteOffset + frame.bytes.length;
        expect(frame.blockSize).toBeGreaterThan(0);
        expect(frame.lostSamples).toBeGreaterThanOrEqual(0);
      }
      expect(end).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: 200 },
  );
});
