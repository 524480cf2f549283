import { warmUp } from '../../../service/src/engine/warm-up';
import type { Surroundings } from '../../../service/src/whisper/model';
import { certain, FakeModel } from '../whisper/fake-model';
import { SPECIAL, TOKENIZER } from '../whisper/small-vocabulary';

/** A model whose encoder is told how much of a window to hear. */
class Observed extends FakeModel {
  readonly positions: (number | undefined)[] = [];

  constructor(override readonly canShorten: boolean) {
    super(() => certain(1));
  }

  override encode(samples: Float32Array, surroundings?: Surroundings, positions?: number): Promise<string> {
    this.positions.push(positions);
    return super.encode(samples, surroundings);
  }
}

const TINY_WIDTH = 384;

describe('warming up', () => {
  let now: jest.SpyInstance;
  beforeEach(() => {
    // A run of the encoder is between two looks at the clock.
    let ms = 0;
    now = jest.spyOn(performance, 'now').mockImplementation(() => ms++);
  });
  afterEach(() => {
    now.mockRestore();
  });

  it('runs a model that can over a part of a window, and tells of the second run what a whole one takes', async () => {
    const model = new Observed(true);
    const { encodeMs, tokens } = await warmUp({ model, special: SPECIAL, tokenizer: TOKENIZER }, TINY_WIDTH);
    expect(model.positions).toEqual([100, 100]);
    // Fifteen times the positions, and of tiny's 36.9 billion operations for a window 13.8 are their squares.
    expect(encodeMs).toBeCloseTo((15 * (12 * 384 + 2 * 1500)) / (12 * 384 + 2 * 100), 6);
    expect(tokens).toBeGreaterThan(0);
  });

  it('runs another model over a whole one, once', async () => {
    const model = new Observed(false);
    const { encodeMs } = await warmUp({ model, special: SPECIAL, tokenizer: TOKENIZER }, TINY_WIDTH);
    expect(model.positions).toEqual([undefined]);
    expect(encodeMs).toBe(1);
  });
});
