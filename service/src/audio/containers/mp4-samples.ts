import type { Box } from './mp4-boxes';
import { BoxReader, boxes, findBox } from './mp4-boxes';

/** Where a sample (a packet, in other formats' words) lies in the file. */
interface SampleRange {
  readonly offset: number;
  readonly size: number;
}

const TABLE_AT = 8;

/**
 * The samples of a track, in order: those of its tables, then those of movie fragments. All is read while it is asked
 * for; what a table claims beyond its own end or the file's is not there.
 */
export function* mp4Samples(
  bytes: Uint8Array,
  moov: Box,
  trak: Box,
  trackId: number,
): Generator<Uint8Array, void, undefined> {
  const table = findBox(bytes, trak, 'mdia', 'minf', 'stbl');
  if (table) yield* inFile(bytes, tableSamples(bytes, table));
  yield* inFile(bytes, fragmentSamples(bytes, moov, trackId));
}

/** A sample that is cut off comes as far as it goes: it is damaged, but it takes its time. */
function* inFile(bytes: Uint8Array, ranges: Iterable<SampleRange>): Generator<Uint8Array, void, undefined> {
  for (const { offset, size } of ranges) {
    if (size > 0 && offset < bytes.length) yield bytes.subarray(offset, offset + size);
  }
}

/** ISO/IEC 14496-12, 8.7: chunks of samples, how many of them each holds, and their sizes. */
function* tableSamples(bytes: Uint8Array, table: Box): Generator<SampleRange, void, undefined> {
  const sizes = sampleSizes(bytes, table);
  const chunks = chunkOffsets(bytes, table);
  const toChunk = findBox(bytes, table, 'stsc');
  if (!sizes || !chunks || !toChunk) return;
  const runs = new BoxReader(bytes, toChunk);
  const runCount = Math.min(runs.u32(4), Math.floor((runs.length - TABLE_AT) / 12));
  let run = -1;
  let sample = 0;
  for (let chunk = 0; chunk < chunks.count && sample < sizes.count; chunk++) {
    while (run + 1 < runCount && runs.u32(TABLE_AT + 12 * (run + 1)) <= chunk + 1) run++;
    const samplesInChunk = run < 0 ? 0 : runs.u32(TABLE_AT + 12 * run + 4);
    let offset = chunks.at(chunk);
    for (let index = 0; index < samplesInChunk && sample < sizes.count && offset < bytes.length; index++, sample++) {
      const size = sizes.at(sample);
      yield { offset, size };
      offset += size;
    }
  }
}

interface Table {
  readonly count: number;
  readonly at: (index: number) => number;
}

function sampleSizes(bytes: Uint8Array, table: Box): Table | undefined {
  const box = findBox(bytes, table, 'stsz');
  if (!box) return undefined;
  const reader = new BoxReader(bytes, box);
  const size = reader.u32(4);
  // of one size for all, each needs a byte of the file at least
  if (size > 0) return { count: Math.min(reader.u32(8), bytes.length), at: () => size };
  const count = Math.min(reader.u32(8), Math.floor((reader.length - 12) / 4));
  return { count, at: (index) => reader.u32(12 + 4 * index) };
}

function chunkOffsets(bytes: Uint8Array, table: Box): Table | undefined {
  const short = findBox(bytes, table, 'stco');
  const box = short ?? findBox(bytes, table, 'co64');
  if (!box) return undefined;
  const reader = new BoxReader(bytes, box);
  const entryBytes = short ? 4 : 8;
  const count = Math.min(reader.u32(4), Math.floor((reader.length - TABLE_AT) / entryBytes));
  return {
    count,
    at: (index) => (short ? reader.u32(TABLE_AT + 4 * index) : reader.u64(TABLE_AT + 8 * index)),
  };
}

/** Flags of `tfhd` and `trun` (ISO/IEC 14496-12, 8.8.7 and 8.8.8). */
const TFHD = { baseDataOffset: 0x01, descriptionIndex: 0x02, duration: 0x08, size: 0x10 } as const;
const TRUN = { dataOffset: 0x01, firstFlags: 0x04, duration: 0x100, size: 0x200, flags: 0x400, time: 0x800 } as const;

/** ISO/IEC 14496-12, 8.8: fragments, as live encoders write them. */
function* fragmentSamples(bytes: Uint8Array, moov: Box, trackId: number): Generator<SampleRange, void, undefined> {
  const defaultSize = extendedDefaultSize(bytes, moov, trackId);
  for (const moof of boxes(bytes, 0, bytes.length)) {
    if (moof.type !== 'moof') continue;
    const moofStart = moof.start - 8;
    for (const traf of boxes(bytes, moof.start, moof.end)) {
      if (traf.type === 'traf') yield* trackFragment(bytes, traf, moofStart, trackId, defaultSize);
    }
  }
}

function* trackFragment(
  bytes: Uint8Array,
  traf: Box,
  moofStart: number,
  trackId: number,
  defaultSize: number,
): Generator<SampleRange, void, undefined> {
  const headerBox = findBox(bytes, traf, 'tfhd');
  if (!headerBox) return;
  const header = new BoxReader(bytes, headerBox);
  const headerFlags = header.u32(0) & 0xff_ffff;
  if (header.u32(4) !== trackId) return;
  let at = 8;
  const base = (headerFlags & TFHD.baseDataOffset) === 0 ? moofStart : header.u64(at);
  if ((headerFlags & TFHD.baseDataOffset) !== 0) at += 8;
  if ((headerFlags & TFHD.descriptionIndex) !== 0) at += 4;
  if ((headerFlags & TFHD.duration) !== 0) at += 4;
  const size = (headerFlags & TFHD.size) === 0 ? defaultSize : header.u32(at);

  let offset = base;
  for (const trun of boxes(bytes, traf.start, traf.end)) {
    if (trun.type !== 'trun') continue;
    const run = new BoxReader(bytes, trun);
    const flags = run.u32(0) & 0xff_ffff;
    let entry = 8;
    if ((flags & TRUN.dataOffset) !== 0) {
      offset = base + run.i32(entry);
      entry += 4;
    }
    if ((flags & TRUN.firstFlags) !== 0) entry += 4;
    const sizeAt = (flags & TRUN.duration) === 0 ? 0 : 4;
    const fields = [TRUN.duration, TRUN.size, TRUN.flags, TRUN.time].filter((flag) => (flags & flag) !== 0).length;
    const count =
      fields === 0
        ? Math.min(run.u32(4), bytes.length)
        : Math.min(run.u32(4), Math.floor((run.length - entry) / (4 * fields)));
    if ((flags & TRUN.size) === 0 && size === 0) continue; // any number of nothing
    for (let index = 0; index < count && offset >= 0 && offset < bytes.length; index++) {
      const sampleSize = (flags & TRUN.size) === 0 ? size : run.u32(entry + 4 * fields * index + sizeAt);
      yield { offset, size: sampleSize };
      offset += sampleSize;
    }
  }
}

function extendedDefaultSize(bytes: Uint8Array, moov: Box, trackId: number): number {
  const extension = findBox(bytes, moov, 'mvex');
  if (!extension) return 0;
  for (const trex of boxes(bytes, extension.start, extension.end)) {
    const reader = new BoxReader(bytes, trex);
    if (trex.type === 'trex' && reader.u32(4) === trackId) return reader.u32(16);
  }
  return 0;
}
