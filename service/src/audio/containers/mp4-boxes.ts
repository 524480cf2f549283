/** A box of an ISO base media file (ISO/IEC 14496-12, 4.2). */
export interface Box {
  /** Four characters. */
  readonly type: string;
  /** Of its contents. */
  readonly start: number;
  readonly end: number;
}

const HEADER_BYTES = 8;
const LONG_HEADER_BYTES = 16;
/** Size of a box whose true size is a number of 64 bits behind the type. */
const IS_LONG = 1;
/** Size of a last box that reaches to the end. */
const TO_THE_END = 0;

/** Boxes one after another; one that reaches beyond the end of its parent ends there, and one that is none ends all. */
export function* boxes(bytes: Uint8Array, start: number, end: number): Generator<Box, void, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = start; at + HEADER_BYTES <= end;) {
    const short = view.getUint32(at);
    const isLong = short === IS_LONG && at + LONG_HEADER_BYTES <= end;
    const size = isLong ? Number(view.getBigUint64(at + HEADER_BYTES)) : short === TO_THE_END ? end - at : short;
    const headerBytes = isLong ? LONG_HEADER_BYTES : HEADER_BYTES;
    if (size < headerBytes) return;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + HEADER_BYTES));
    yield { type, start: at + headerBytes, end: Math.min(at + size, end) };
    at += size;
  }
}

/** The first box at the end of a path of types. */
export function findBox(bytes: Uint8Array, parent: Pick<Box, 'start' | 'end'>, ...path: string[]): Box | undefined {
  const [type, ...rest] = path;
  for (const box of boxes(bytes, parent.start, parent.end)) {
    if (box.type !== type) continue;
    const found = rest.length === 0 ? box : findBox(bytes, box, ...rest);
    if (found) return found;
  }
  return undefined;
}

/** Big-endian numbers of a box's contents; zeros beyond its end, so that what is cut off reads as nothing. */
export class BoxReader {
  private readonly view: DataView;

  constructor(
    bytes: Uint8Array,
    readonly box: Box,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset + box.start, box.end - box.start);
  }

  get length(): number {
    return this.view.byteLength;
  }

  u8(at: number): number {
    return at + 1 <= this.length ? this.view.getUint8(at) : 0;
  }

  u16(at: number): number {
    return at + 2 <= this.length ? this.view.getUint16(at) : 0;
  }

  u32(at: number): number {
    return at + 4 <= this.length ? this.view.getUint32(at) : 0;
  }

  i32(at: number): number {
    return at + 4 <= this.length ? this.view.getInt32(at) : 0;
  }

  u64(at: number): number {
    return at + 8 <= this.length ? Number(this.view.getBigUint64(at)) : 0;
  }

  i64(at: number): number {
    return at + 8 <= this.length ? Number(this.view.getBigInt64(at)) : 0;
  }
}
