import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decodeAudio } from '../../../service/src/audio/decode-audio';
import { audioFixture } from '../../support/audio-fixture';

const LIMITS = { maxDurationS: 120 };

/** Far more than any of these needs, on a machine with other work; each of them could take minutes, and more. */
const MOST_MS = 20_000;

/** What decoding comes to: `audio` or the error's code. */
async function outcomeOf(bytes: Uint8Array): Promise<string> {
  const begun = performance.now();
  let outcome = 'audio';
  try {
    await decodeAudio(bytes, LIMITS);
  } catch (error) {
    expect(error).toMatchObject({ name: 'AudioError' });
    outcome = (error as { code: string }).code;
  }
  expect(performance.now() - begun).toBeLessThan(MOST_MS);
  return outcome;
}

function box(type: string, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(contents);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + body.length);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, body]);
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index);
  return bytes;
}

/** The beginning of a fragmented MP4 up to its first fragment. */
function fragmentedHead(): Uint8Array {
  const file = audioFixture('speech-fragmented.mp4');
  return file.subarray(0, Buffer.from(file.buffer).indexOf('moof') - 4);
}

describe('files made to hurt are answered in time', () => {
  test('Ogg: page headers that each claim the longest page', async () => {
    const header = Buffer.alloc(282, 0xff); // 255 segments of 255 bytes
    header.write('OggS', 0, 'latin1');
    expect(await outcomeOf(Uint8Array.from(Buffer.concat(new Array<Buffer>(8_000).fill(header))))).toBe(
      'audio_corrupt',
    );
  });

  test('MP4: fragments of billions of samples without a byte', async () => {
    const runs = new Array<Uint8Array>(100_000).fill(box('trun', words(0, 0xffff_ffff)));
    const fragment = box('moof', box('traf', box('tfhd', words(0, 1)), ...runs));
    expect(await outcomeOf(Buffer.concat([fragmentedHead(), fragment]))).toBe('audio_empty');
  });

  test('MP4: thousands of fragments that are all the same megabyte', async () => {
    const runs = new Array<Uint8Array>(10_000).fill(box('trun', words(1, 0xffff_ffff, 0)));
    const fragment = box('moof', box('traf', box('tfhd', words(0x10, 1, 100)), ...runs));
    const file = Buffer.concat([fragmentedHead(), fragment, box('mdat', Buffer.alloc(2 ** 20, 0x21))]);
    expect(['audio_too_long', 'audio_corrupt']).toContain(await outcomeOf(file));
  });

  test('WebM: millions of elements without contents', async () => {
    const head = audioFixture('speech-live.webm').slice(0, 48);
    const voids = Buffer.alloc(4 * 2 ** 20, Buffer.from([0xec, 0x80]));
    expect(await outcomeOf(Buffer.concat([head, voids]))).toBe('audio_corrupt');
  });

  test('MP3: nothing but what a frame begins with', async () => {
    expect(await outcomeOf(new Uint8Array(4 * 2 ** 20).fill(0xff))).toBe('unsupported_format');
    const headers = Buffer.alloc(4 * 2 ** 20, Buffer.from([0xff, 0xfb, 0x90, 0x64]));
    expect(['audio', 'audio_corrupt', 'audio_too_long']).toContain(await outcomeOf(Uint8Array.from(headers)));
  });
});

/** Of all files that `npm run fuzz:audio` made, those that took longest. */
test.each(readdirSync(join(__dirname, '../../fixtures/audio/worst')))('worst/%s is answered in time', async (file) => {
  expect(['audio', 'audio_corrupt']).toContain(await outcomeOf(audioFixture(`worst/${file}`)));
});
