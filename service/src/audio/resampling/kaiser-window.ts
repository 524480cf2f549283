/**
 * The Kaiser window and Kaiser's formulas for the length and the shape that an attenuation and a transition width need
 * (Oppenheim and Schafer, "Discrete-Time Signal Processing", 7.5.3).
 */
export class KaiserWindow {
  private readonly beta: number;
  private readonly scale: number;

  /** @param attenuationDb stop-band attenuation of the filter it will shape, above 50 dB */
  constructor(private readonly attenuationDb: number) {
    this.beta = 0.1102 * (attenuationDb - 8.7);
    this.scale = 1 / besselI0(this.beta);
  }

  /** Length of the filter, in samples, for a transition band of `transition` cycles per sample. */
  lengthFor(transition: number): number {
    return (this.attenuationDb - 7.95) / (2.285 * 2 * Math.PI * transition);
  }

  /** Value at `x`, where the window reaches from -1 to 1. */
  at(x: number): number {
    const edge = 1 - x * x;
    return edge > 0 ? besselI0(this.beta * Math.sqrt(edge)) * this.scale : 0;
  }
}

/** sin(πx) / (πx), the impulse response of the ideal low-pass. */
export function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order 0, by its power series (Abramowitz and Stegun, 9.6.12). */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}
