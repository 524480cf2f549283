import { ArrivingBytes } from '../../../../service/src/http/uploads/arriving-bytes';

const PIECE_BYTES = 10_000;

/** Pieces that differ, and what they are together. */
function pieces(count: number): { readonly pieces: readonly Uint8Array[]; readonly whole: Buffer } {
  const all = Array.from({ length: count }, (_, index) => new Uint8Array(PIECE_BYTES).fill(index + 1));
  return { pieces: all, whole: Buffer.concat(all) };
}

describe('ArrivingBytes', () => {
  it.each([0, 1, 6, 7, 100])('are %s pieces in their order', (count) => {
    const { pieces: all, whole } = pieces(count);
    const arriving = new ArrivingBytes();
    for (const piece of all) arriving.add(piece);
    expect(arriving.length).toBe(whole.length);
    expect(Buffer.from(arriving.bytes).equals(whole)).toBe(true);
  });

  it('take exactly what was expected, where that many come', () => {
    const { pieces: all, whole } = pieces(100);
    const arriving = new ArrivingBytes(whole.length);
    for (const piece of all) arriving.add(piece);
    expect(arriving.bytes.buffer.byteLength).toBe(whole.length);
  });

  it('are moved once the more, where they are many: there is room for all as soon as an eighth is there', () => {
    const { pieces: all, whole } = pieces(100);
    const arriving = new ArrivingBytes(whole.length);
    const rooms = all.map((piece) => {
      arriving.add(piece);
      return arriving.bytes.buffer.byteLength;
    });
    expect([...new Set(rooms)]).toEqual([2 ** 16, 2 ** 17, whole.length]);
  });

  it.each([
    [2, undefined],
    [8, 2_000_000],
    // A lie.
    [2, 2 ** 40],
  ])('take at most %s times what came where %s are expected', (times, expected) => {
    const arriving = new ArrivingBytes(expected);
    for (const piece of pieces(100).pieces) {
      arriving.add(piece);
      expect(arriving.bytes.buffer.byteLength).toBeLessThanOrEqual(Math.max(64 * 1024, times * arriving.length));
    }
  });

  it('may be more than was expected', () => {
    const arriving = new ArrivingBytes(5);
    arriving.add(Buffer.from('hello '));
    arriving.add(Buffer.from('there'));
    expect(Buffer.from(arriving.bytes).toString()).toBe('hello there');
  });

  it('do not keep the piece that they came in', () => {
    const arriving = new ArrivingBytes();
    const piece = Buffer.from('abc');
    arriving.add(piece);
    piece.fill(0);
    expect(Buffer.from(arriving.bytes).toString()).toBe('abc');
  });
});
