/**
 * Complex FFT of a length made of the factors 2, 4 and 5, by Stockham's self-sorting algorithm.
 *
 * Whisper's frames have 400 samples, which is no power of two: a real transform of 400 points is one complex
 * transform of 200 = 4 · 2 · 5 · 5 points (see {@link RealFft}).
 */
class ComplexFft {
  private readonly stages: readonly Stage[];
  private readonly scratchRe: Float64Array;
  private readonly scratchIm: Float64Array;

  constructor(private readonly length: number) {
    this.stages = planStages(length);
    this.scratchRe = new Float64Array(length);
    this.scratchIm = new Float64Array(length);
  }

  /** Transforms in place; the caller's arrays hold the spectrum afterwards. */
  transform(re: Float64Array, im: Float64Array): void {
    let [fromRe, fromIm, toRe, toIm] = [re, im, this.scratchRe, this.scratchIm];
    for (const stage of this.stages) {
      runStage(stage, fromRe, fromIm, toRe, toIm);
      [fromRe, fromIm, toRe, toIm] = [toRe, toIm, fromRe, fromIm];
    }
    if (fromRe !== re) {
      re.set(fromRe.subarray(0, this.length));
      im.set(fromIm.subarray(0, this.length));
    }
  }
}

/** One pass: `groups` butterflies of `radix` inputs, each over `stride` interleaved transforms. */
interface Stage {
  readonly radix: number;
  readonly groups: number;
  readonly stride: number;
  /** cos and sin of the twiddle of output r of group j, at j · radix + r. */
  readonly twiddleRe: Float64Array;
  readonly twiddleIm: Float64Array;
  /** cos and sin of the radix' own roots of unity, at (r · k) mod radix. */
  readonly rootRe: Float64Array;
  readonly rootIm: Float64Array;
}

function planStages(length: number): Stage[] {
  const stages: Stage[] = [];
  let remaining = length;
  let stride = 1;
  while (remaining > 1) {
    const radix = [4, 2, 5].find((factor) => remaining % factor === 0);
    if (radix === undefined) {
      throw new RangeError(`FFT length ${length} has a factor other than 2 and 5; choose another length`);
    }
    const groups = remaining / radix;
    const twiddleRe = new Float64Array(groups * radix);
    const twiddleIm = new Float64Array(groups * radix);
    for (let j = 0; j < groups; j++) {
      for (let r = 0; r < radix; r++) {
        const angle = (-2 * Math.PI * j * r) / remaining;
        twiddleRe[j * radix + r] = Math.cos(angle);
        twiddleIm[j * radix + r] = Math.sin(angle);
      }
    }
    const rootRe = Float64Array.from({ length: radix }, (_, k) => Math.cos((-2 * Math.PI * k) / radix));
    const rootIm = Float64Array.from({ length: radix }, (_, k) => Math.sin((-2 * Math.PI * k) / radix));
    stages.push({ radix, groups, stride, twiddleRe, twiddleIm, rootRe, rootIm });
    remaining = groups;
    stride *= radix;
  }
  return stages;
}

function runStage(
  { radix, groups, stride, twiddleRe, twiddleIm, rootRe, rootIm }: Stage,
  fromRe: Float64Array,
  fromIm: Float64Array,
  toRe: Float64Array,
  toIm: Float64Array,
): void {
  const step = stride * groups;
  for (let j = 0; j < groups; j++) {
    for (let r = 0; r < radix; r++) {
      const wRe = twiddleRe[j * radix + r]!;
      const wIm = twiddleIm[j * radix + r]!;
      const to = stride * (radix * j + r);
      for (let q = 0; q < stride; q++) {
        let from = q + stride * j;
        let sumRe = fromRe[from]!;
        let sumIm = fromIm[from]!;
        let root = 0;
        for (let k = 1; k < radix; k++) {
          from += step;
          root += r;
          if (root >= radix) root -= radix;
          const xRe = fromRe[from]!;
          const xIm = fromIm[from]!;
          sumRe += xRe * rootRe[root]! - xIm * rootIm[root]!;
          sumIm += xRe * rootIm[root]! + xIm * rootRe[root]!;
        }
        toRe[to + q] = sumRe * wRe - sumIm * wIm;
        toIm[to + q] = sumRe * wIm + sumIm * wRe;
      }
    }
  }
}

/** Power spectrum of real frames of even length: one complex transform of half the length, then unravelled. */
export class RealFft {
  private readonly half: number;
  private readonly complex: ComplexFft;
  private readonly re: Float64Array;
  private readonly im: Float64Array;
  private readonly cos: Float64Array;
  private readonly sin: Float64Array;

  constructor(length: number) {
    this.half = length / 2;
    this.complex = new ComplexFft(this.half);
    this.re = new Float64Array(this.half);
    this.im = new Float64Array(this.half);
    this.cos = Float64Array.from({ length: this.half + 1 }, (_, k) => Math.cos((-2 * Math.PI * k) / length));
    this.sin = Float64Array.from({ length: this.half + 1 }, (_, k) => Math.sin((-2 * Math.PI * k) / length));
  }

  /** Writes |X[k]|² for k = 0 … length / 2 into `power`. */
  powerSpectrum(frame: Float64Array, power: Float64Array): void {
    const { half, re, im } = this;
    for (let t = 0; t < half; t++) {
      re[t] = frame[2 * t]!;
      im[t] = frame[2 * t + 1]!;
    }
    this.complex.transform(re, im);
    for (let k = 0; k <= half; k++) {
      const a = k === half ? 0 : k;
      const b = k === 0 ? 0 : half - k;
      // The even samples' spectrum, and the odd samples' spectrum, each from Z[k] and conj(Z[half - k]).
      const evenRe = (re[a]! + re[b]!) / 2;
      const evenIm = (im[a]! - im[b]!) / 2;
      const oddRe = (im[a]! + im[b]!) / 2;
      const oddIm = (re[b]! - re[a]!) / 2;
      const xRe = evenRe + oddRe * this.cos[k]! - oddIm * this.sin[k]!;
      const xIm = evenIm + oddRe * this.sin[k]! + oddIm * this.cos[k]!;
      power[k] = xRe * xRe + xIm * xIm;
    }
  }
}
