import { decodeAudio } from '../../../../service/src/audio/decode-audio';
import { failureOf } from '../../../support/failure-of';
import { openMatroska } from '../../../../service/src/audio/containers/matroska';

const LIMITS = { maxDurationS: 10 };
/** 20 ms of silence in Opus. */
const PACKET = [0xf8, 0xff, 0xfe];
const OPUS_HEAD = [...Buffer.from('OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0', 'latin1')];
const UNKNOWN_SIZE = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

const element = (id: readonly number[], contents: readonly number[]): number[] => [
  ...id,
  0x40 | (contents.length >> 8),
  contents.length & 0xff,
  ...contents,
];
const text = (value: string): number[] => [...Buffer.from(value, 'latin1')];
const audioTrack = (number: number, codec: string, more: readonly number[] = []): number[] =>
  element(
    [0xae],
    [
      ...element([0xd7], [number]),
      ...element([0x83], [2]),
      ...element([0x86], text(codec)),
      ...element([0x63, 0xa2], OPUS_HEAD),
      ...more,
    ],
  );
const videoTrack = element([0xae], [...element([0xd7], [1]), ...element([0x83], [1])]);
const simpleBlock = (track: number, flags: number, contents: readonly number[]): number[] =>
  element([0xa3], [0x80 | track, 0, 0, flags, ...contents]);

/** A live WebM file: segment and cluster of unknown size. */
function webm(tracks: readonly number[], blocks: readonly number[]): Uint8Array {
  return Uint8Array.from([
    ...element([0x1a, 0x45, 0xdf, 0xa3], element([0x42, 0x82], text('webm'))),
    ...[0x18, 0x53, 0x80, 0x67, ...UNKNOWN_SIZE],
    ...element([0x16, 0x54, 0xae, 0x6b], tracks),
    ...[0x1f, 0x43, 0xb6, 0x75, ...UNKNOWN_SIZE],
    ...blocks,
  ]);
}

const samplesOf = async (bytes: Uint8Array): Promise<number> => (await decodeAudio(bytes, LIMITS)).samples.length;

test.each<[string, number, number[]]>([
  ['no lacing', 0x00, PACKET],
  ["Xiph's", 0x02, [2, 3, 3, ...PACKET, ...PACKET, ...PACKET]],
  ["EBML's", 0x06, [2, 0x83, 0xbf, ...PACKET, ...PACKET, ...PACKET]],
  ['fixed sizes', 0x04, [2, ...PACKET, ...PACKET, ...PACKET]],
])('packets in blocks with %s are all decoded', async (_, flags, contents) => {
  const packets = flags === 0 ? 1 : 3;
  const blocks = [...simpleBlock(2, flags, contents), ...simpleBlock(2, flags, contents)];
  expect(await samplesOf(webm(audioTrack(2, 'A_OPUS'), blocks))).toBe(2 * packets * 320);
});

test('the first audio track counts, whatever else is there', async () => {
  const tracks = [...videoTrack, ...audioTrack(2, 'A_OPUS'), ...audioTrack(3, 'A_OPUS')];
  const blocks = [1, 2, 3, 3, 1].flatMap((track) => simpleBlock(track, 0, PACKET));
  expect(await samplesOf(webm(tracks, blocks))).toBe(320);
});

test('blocks in groups are read', async () => {
  const group = element([0xa0], element([0xa1], [0x82, 0, 0, 0, ...PACKET]));
  expect(await samplesOf(webm(audioTrack(2, 'A_OPUS'), [...group, ...group]))).toBe(640);
});

test('after damage reading goes on with the next cluster', async () => {
  const cluster = [0x1f, 0x43, 0xb6, 0x75, ...UNKNOWN_SIZE];
  const blocks = [...simpleBlock(2, 0, PACKET), 0, 0, 0, 0, ...cluster, ...simpleBlock(2, 0, PACKET)];
  expect(await samplesOf(webm(audioTrack(2, 'A_OPUS'), blocks))).toBe(640);
});

test.each([
  ['"A_DTS" audio', audioTrack(2, 'A_DTS')],
  ['A_PCM/INT/LIT of 0 bits', audioTrack(2, 'A_PCM/INT/LIT')],
  ['A_OPUS in compressed or encrypted blocks', audioTrack(2, 'A_OPUS', element([0x6d, 0x80], [0]))],
  ['no audio track', videoTrack],
])('%s is refused', (name, tracks) => {
  expect(failureOf(() => openMatroska(webm(tracks, [])))).toMatchObject({
    code: 'unsupported_format',
    message: expect.stringContaining(name),
  });
});
