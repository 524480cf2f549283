import fc from 'fast-check';
import { KeyValueCache } from '../../../service/src/engine/key-value-cache';
import type { ModelShape } from '../../../service/src/engine/model-shape';
import { seeded } from '../whisper/properties/seeded';

const SHAPE: ModelShape = {
  melBins: 80,
  width: 3,
  heads: 1,
  encoderLayers: 1,
  decoderLayers: 2,
  sourcePositions: 1500,
  targetPositions: 448,
  vocabulary: 10,
};

/** A text over a cache, as the decoder keeps it, beside the rows that it must have. */
interface Text {
  cache: KeyValueCache;
  rows: number[];
}

/** Keys and values of a row are all different, whoever writes it and when. */
function rowOf(layer: number, half: number, written: number): Float32Array {
  return Float32Array.from({ length: SHAPE.width }, (_, i) => written * 100 + layer * 20 + half * 10 + i);
}

function append(text: Text, written: readonly number[]): void {
  const past = text.rows.length;
  text.cache = text.cache.writableFrom(past, written.length);
  for (let layer = 0; layer < SHAPE.decoderLayers; layer++) {
    const [keys, values] = [0, 1].map((half) =>
      Float32Array.from(written.flatMap((row) => [...rowOf(layer, half, row)])),
    );
    text.cache.write(layer, past, keys!, values!);
  }
  text.rows = [...text.rows, ...written];
}

function expectItsRows({ cache, rows }: Text): void {
  for (let layer = 0; layer < SHAPE.decoderLayers; layer++) {
    for (const [half, read] of [cache.keys(layer, rows.length), cache.values(layer, rows.length)].entries()) {
      expect([...read]).toEqual(rows.flatMap((row) => [...rowOf(layer, half, row)]));
    }
  }
}

describe('KeyValueCache', () => {
  it('keeps the rows of every text, whichever is forked and goes on when', () => {
    const steps = fc.array(
      fc.record({
        text: fc.nat(),
        forks: fc.boolean(),
        // A prompt of many tokens at once, or a token; in sum over the first capacity, and over the next.
        tokens: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 90 })),
      }),
      { minLength: 1, maxLength: 25 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        let written = 0;
        const texts: Text[] = [{ cache: new KeyValueCache(SHAPE), rows: [] }];
        for (const { text, forks, tokens } of all) {
          const chosen = texts[text % texts.length]!;
          if (forks) texts.push({ ...chosen });
          append(
            chosen,
            Array.from({ length: tokens }, () => ++written),
          );
          texts.forEach(expectItsRows);
        }
      }),
      seeded(200),
    );
  });

  it('is written by one text alone: the first that goes on keeps it, the others copy', () => {
    const first: Text = { cache: new KeyValueCache(SHAPE), rows: [] };
    append(first, [1, 2]);
    const second = { ...first };
    const { cache } = first;
    append(first, [3]);
    append(second, [4]);
    expect(first.cache).toBe(cache);
    expect(second.cache).not.toBe(cache);
    [first, second].forEach(expectItsRows);
  });

  it('leaves what a text is reading as it is while another goes on', () => {
    const first: Text = { cache: new KeyValueCache(SHAPE), rows: [] };
    append(first, [1, 2]);
    const reading = first.cache.keys(0, 2);
    const before = [...reading];
    append(
      first,
      Array.from({ length: 100 }, (_, i) => 10 + i),
    );
    expect([...reading]).toEqual(before);
  });
});
