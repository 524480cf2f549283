/** An element of EBML (RFC 8794), Matroska's binary XML. */
export interface EbmlElement {
  readonly id: number;
  readonly start: number;
  /** Where its contents end; of an element of unknown size, where its parent ends. */
  readonly end: number;
}

/** The element at this place; nothing at the end, or where none can be. */
export function readEbmlElement(bytes: Uint8Array, at: number, parentEnd: number): EbmlElement | undefined {
  const id = readEbmlNumber(bytes, at, parentEnd, true);
  if (!id || id.length > 4) return undefined;
  const size = readEbmlNumber(bytes, at + id.length, parentEnd, false);
  if (!size) return undefined;
  const start = at + id.length + size.length;
  const isUnknownSize = size.value === 2 ** (7 * size.length) - 1;
  return {
    id: id.value,
    start,
    end: isUnknownSize ? parentEnd : Math.min(start + size.value, parentEnd),
  };
}

/** The children of an element, up to where they cannot be read any more. */
export function* ebmlChildren(
  bytes: Uint8Array,
  { start, end }: Pick<EbmlElement, 'start' | 'end'>,
): Generator<EbmlElement, void, undefined> {
  for (let element = readEbmlElement(bytes, start, end); element; element = readEbmlElement(bytes, element.end, end)) {
    yield element;
  }
}

/** A number that says its own length by its leading zeros (RFC 8794, 4); an id keeps the bit that ends them. */
export function readEbmlNumber(
  bytes: Uint8Array,
  at: number,
  limit: number,
  isId = false,
): { readonly value: number; readonly length: number } | undefined {
  const first = at < limit ? bytes[at] : undefined;
  if (first === undefined || first === 0) return undefined;
  const length = Math.clz32(first) - 23;
  if (at + length > limit) return undefined;
  let value = isId ? first : first & (0xff >> length);
  for (let index = 1; index < length; index++) value = value * 256 + bytes[at + index]!;
  return { value, length };
}

/** An unsigned number of up to eight bytes. */
export function ebmlUint(bytes: Uint8Array, { start, end }: EbmlElement): number {
  return bytes.subarray(start, Math.min(end, start + 8)).reduce((value, byte) => value * 256 + byte, 0);
}

/** A float of four or eight bytes. */
export function ebmlFloat(bytes: Uint8Array, { start, end }: EbmlElement): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  return view.byteLength === 4 ? view.getFloat32(0) : view.byteLength === 8 ? view.getFloat64(0) : 0;
}
