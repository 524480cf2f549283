// jest looks globals up in its sandbox each time, which is slow: once is enough
const { abs, imul, max, PI, sin, sqrt } = Math;

/** A sine of the given frequency and amplitude. */
export function sine(frequencyHz: number, sampleRateHz: number, length: number, amplitude = 0.5): Float32Array {
  const samples = new Float32Array(Math.ceil(length));
  const step = (2 * PI * frequencyHz) / sampleRateHz;
  for (let index = 0; index < samples.length; index++) samples[index] = amplitude * sin(step * index);
  return samples;
}

/** Root mean square. */
export function rms(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sqrt(sum / samples.length);
}

/** Uniform noise in [-amplitude, amplitude) that is the same in every run. */
export function noise(length: number, amplitude: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    // Numerical Recipes' linear congruential generator
    state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ((state / 2 ** 32) * 2 - 1) * amplitude;
  });
}

/** Largest distance between two signals of one length. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new RangeError(`lengths differ: ${a.length} and ${b.length}`);
  return a.reduce((largest, sample, index) => max(largest, abs(sample - b[index]!)), 0);
}
