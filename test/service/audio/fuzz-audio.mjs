// Throws damaged files at the compiled AudioDecoder, in its worker threads, as the server runs it:
//
//   fuzz-audio.mjs [--files 10000] [--seed 1] [--keep FOLDER]
//
// Each file is a fixture (or a sample of the embedded model) with seeded damage: flipped bits, cut ends, pieces of other
// files, lengths that lie, runs of zeros, pieces twice. Half of the damaged Ogg files get right checksums again, or nothing
// behind them would ever be reached. Every outcome has to be audio (finite, within full scale, within the limit) or an
// AudioError, within the time limit. Prints counts, slowest files and memory; ends with 1 if anything else happened, and
// with --keep writes those files and the slowest ones.
import { Buffer } from 'node:buffer';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

const repository = path.join(import.meta.dirname, '../../..');
const { AudioDecoder } = createRequire(import.meta.url)(
  path.join(repository, 'build/service/src/audio/audio-decoder.js'),
);
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const fileCount = Number(values.files);

const MAX_DURATION_S = 20;
/** Per file; the server's is 30 s. A machine with other work is no slower than this with files of three seconds. */
const TIMEOUT_MS = 10_000;
/** Growth that is no leak: what V8 and the allocator keep ready after the first files. */
const MAX_GROWTH_MIB = 96;
const CODES = ['unsupported_format', 'audio_corrupt', 'audio_empty', 'audio_too_long', 'invalid_value'];

/** mulberry32: small, seeded, good enough. */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

const fixtures = path.join(repository, 'test/fixtures/audio');
const originals = readdirSync(fixtures)
  .filter((file) => /\.(mp3|mp2|aac|m4a|mp4|opus|ogg|oga|webm|mkv|aiff|aifc|au|flac)$/.test(file))
  .map((file) => ({ file, bytes: readFileSync(path.join(fixtures, file)) }));
originals.push({
  file: 'en-02.wav',
  bytes: readFileSync(path.join(repository, 'service/models/whisper-nano/samples/en-02.wav')).subarray(0, 20_000),
});

/** Numbers that headers lie with. */
const LIES = [0, 1, 2, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff];

/** @type {readonly ((bytes: Buffer, random: (limit: number) => number) => Buffer)[]} */
const DAMAGES = [
  function flippedBits(bytes, random) {
    for (let count = 1 + random(32); count > 0; count--) bytes[random(bytes.length)] ^= 1 << random(8);
    return bytes;
  },
  function flippedBitsOfHeaders(bytes, random) {
    for (let count = 1 + random(6); count > 0; count--) bytes[random(Math.min(800, bytes.length))] ^= 1 << random(8);
    return bytes;
  },
  function cutOff(bytes, random) {
    return bytes.subarray(0, random(bytes.length));
  },
  function pieceOfAnother(bytes, random) {
    const { bytes: other } = originals[random(originals.length)];
    const from = random(other.length);
    const piece = other.subarray(from, from + 1 + random(4_000));
    const at = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + (random(2) === 0 ? 0 : piece.length))]);
  },
  function lyingLengths(bytes, random) {
    for (let count = 1 + random(4); count > 0; count--) {
      const at = random(Math.min(random(2) === 0 ? 400 : bytes.length, bytes.length - 4));
      const lie = random(4) === 0 ? random(2 ** 32) : LIES[random(LIES.length)];
      if (random(2) === 0) bytes.writeUInt32BE(lie, at);
      else bytes.writeUInt32LE(lie, at);
    }
    return bytes;
  },
  function zeros(bytes, random) {
    const at = random(bytes.length);
    return bytes.fill(0, at, Math.min(bytes.length, at + 1 + random(2_000)));
  },
  function pieceTwice(bytes, random) {
    const at = random(bytes.length);
    const piece = bytes.subarray(at, at + 1 + random(3_000));
    return Buffer.concat([bytes.subarray(0, at), ...Array(1 + random(20)).fill(piece), bytes.subarray(at)]);
  },
  function pieceMissing(bytes, random) {
    const at = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(2_000))]);
  },
];

/** The damaged file of this number. */
function damagedFile(number) {
  const random = randomNumbers(Number(values.seed) * 1_000_003 + number);
  const { file, bytes } = originals[random(originals.length)];
  let damaged = Buffer.from(bytes);
  const names = [];
  for (let count = 1 + random(3); count > 0 && damaged.length > 8; count--) {
    const damage = DAMAGES[random(DAMAGES.length)];
    damaged = Buffer.from(damage(damaged, random));
    names.push(damage.name);
  }
  if (random(2) === 0) repairOggChecksums(damaged);
  return { name: `${number}-${file}`, damages: names, bytes: damaged };
}

const OGG_CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

function repairOggChecksums(bytes) {
  for (let at = bytes.indexOf('OggS'); at !== -1; at = bytes.indexOf('OggS', at + 4)) {
    const segments = bytes[at + 26];
    if (segments === undefined || at + 27 + segments > bytes.length) return;
    const end = bytes.subarray(at + 27, at + 27 + segments).reduce((sum, length) => sum + length, at + 27 + segments);
    if (end > bytes.length) continue;
    bytes.writeUInt32LE(0, at + 22);
    let crc = 0;
    for (let index = at; index < end; index++) crc = (crc << 8) ^ OGG_CRC[(crc >>> 24) ^ bytes[index]];
    bytes.writeUInt32LE(crc >>> 0, at + 22);
  }
}

const decoder = new AudioDecoder({ maxDurationS: MAX_DURATION_S, timeoutMs: TIMEOUT_MS });
const counts = new Map();
const faults = [];
const slowest = [];
const memory = [];

function count(outcome) {
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
}

async function run(number) {
  const { name, damages, bytes } = damagedFile(number);
  const begun = performance.now();
  try {
    const { samples } = await decoder.decode(Uint8Array.from(bytes));
    const isSound = samples.length <= MAX_DURATION_S * 16_000 && samples.every((sample) => sample >= -1 && sample <= 1);
    if (samples.length === 0 || !isSound) throw new Error('samples that cannot be');
    count('audio');
  } catch (error) {
    if (error.name === 'AudioError' && CODES.includes(error.code)) count(error.code);
    else faults.push({ name, damages, bytes, error: `${error.code ?? error.name}: ${error.message}` });
  }
  slowest.push({ name, damages, bytes, ms: performance.now() - begun });
  slowest.sort((a, b) => b.ms - a.ms).length = Math.min(slowest.length, 5);
}

const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(error));

const begun = performance.now();
let next = 0;
async function worker() {
  while (next < fileCount) {
    await run(next++);
    // one in a hundred: reading it costs time, too
    if (next % 100 === 0) memory.push(process.memoryUsage().rss / 2 ** 20);
  }
}
await Promise.all(Array.from({ length: decoder.threads }, worker));
await decoder.close();

// the first tenth warms up: code is compiled, both threads are started
const settled = memory.slice(Math.floor(memory.length / 10));
const first = settled[0] ?? 0;
const last = settled.at(-1) ?? 0;
console.log(`${fileCount} damaged files of ${originals.length} originals, seed ${values.seed}`);
console.log(`${((performance.now() - begun) / 1000).toFixed(0)} s, slowest file ${slowest[0].ms.toFixed(0)} ms`);
for (const [outcome, number] of [...counts].sort((a, b) => b[1] - a[1])) console.log(`  ${outcome} ${number}`);
const course = settled.filter((_, index) => index % Math.ceil(settled.length / 9) === 0).map((mib) => mib.toFixed(0));
console.log(
  `memory ${first.toFixed(0)} MiB after the first tenth, ${last.toFixed(0)} MiB at the end (${course.join(' ')})`,
);
for (const { name, damages, ms } of slowest) console.log(`  slow: ${name} (${damages.join(', ')}) ${ms.toFixed(0)} ms`);
for (const { name, damages, error } of faults) console.log(`FAULT ${name} (${damages.join(', ')}): ${error}`);
for (const error of unhandled) console.log(`UNHANDLED ${error}`);
if (last - first > MAX_GROWTH_MIB) console.log(`FAULT memory grew by more than ${MAX_GROWTH_MIB} MiB`);
if (values.keep !== undefined) {
  mkdirSync(values.keep, { recursive: true });
  for (const { name, bytes } of [...faults, ...slowest]) writeFileSync(path.join(values.keep, name), bytes);
}
process.exitCode = faults.length + unhandled.length > 0 || last - first > MAX_GROWTH_MIB ? 1 : 0;
