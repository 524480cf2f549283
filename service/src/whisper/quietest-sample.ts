/** Length of a stretch whose energy is compared: 100 ms at 16 kHz, about the closure of a stop consonant. */
const SPAN_SAMPLES = 1600;
/** Distance of the compared stretches: 10 ms at 16 kHz. */
const HOP_SAMPLES = 160;

/**
 * Middle of the quietest 100 ms of `samples[from]` to `samples[to - 1]`: where a cut hurts least when there is no pause.
 *
 * @returns `to` where the range is shorter than 100 ms.
 */
export function quietestSample(samples: Float32Array, from: number, to: number): number {
  let quietest = to;
  let leastEnergy = Infinity;
  for (let start = from; start + SPAN_SAMPLES <= to; start += HOP_SAMPLES) {
    let energy = 0;
    for (let i = start; i < start + SPAN_SAMPLES; i++) energy += samples[i]! ** 2;
    if (energy < leastEnergy) {
      leastEnergy = energy;
      quietest = start + SPAN_SAMPLES / 2;
    }
  }
  return quietest;
}
