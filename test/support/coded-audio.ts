/** How a signal lies in another one. */
export interface Alignment {
  /** Samples by which it is late there. */
  readonly lag: number;
  /** Normalised cross-correlation at that lag, -1 to 1. */
  readonly correlation: number;
}

const { max, min, sqrt } = Math;

/** The lag of at most `maxLag` samples either way at which two recordings are most alike. */
export function bestAlignment(reference: Float32Array, samples: Float32Array, maxLag: number): Alignment {
  let best: Alignment = { lag: 0, correlation: -1 };
  for (let lag = -maxLag; lag <= maxLag; lag++) {
    let product = 0;
    let energy = 1e-12;
    let referenceEnergy = 1e-12;
    const end = min(reference.length, samples.length - lag);
    for (let index = max(0, -lag); index < end; index++) {
      const a = reference[index]!;
      const b = samples[index + lag]!;
      product += a * b;
      referenceEnergy += a * a;
      energy += b * b;
    }
    const correlation = product / sqrt(referenceEnergy * energy);
    if (correlation > best.correlation) best = { lag, correlation };
  }
  return best;
}

const CLUSTER_ID = Buffer.from([0x1f, 0x43, 0xb6, 0x75]);

/** A WebM file whose clusters do not say how long they are: live writers cannot know. */
export function withUnknownClusterSizes(file: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(file);
  const buffer = Buffer.from(bytes.buffer);
  for (let at = buffer.indexOf(CLUSTER_ID); at !== -1; at = buffer.indexOf(CLUSTER_ID, at + 1)) {
    const sizeAt = at + CLUSTER_ID.length;
    const length = Math.clz32(bytes[sizeAt]!) - 23;
    bytes[sizeAt] = 0xff >> (length - 1);
    bytes.fill(0xff, sizeAt + 1, sizeAt + length);
  }
  return bytes;
}
