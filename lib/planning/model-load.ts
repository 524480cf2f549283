/** Bytes of a weight. */
const WEIGHT_BYTES = { int8: 1, fp32: 4 } as const;

/** Weights of a size of Whisper, in millions (github.com/openai/whisper, README). */
const MILLION_WEIGHTS: Readonly<Record<string, number>> = { tiny: 39, base: 74, small: 244 };

/** From the start of the server's process until it begins to read, and from the last byte until the first answer. */
const FIXED_SECONDS = 10;

/** Megabytes that a slow node reads a second: a network disk that has been given its smallest throughput. */
const READ_RATE = 20;

/**
 * Time that a pod may take to load a model on a slow node, in whole seconds.
 *
 * On a busy machine with two CPUs and a warm disk weights of tiny's shapes were loaded and warm after 5.5 s.
 *
 * @param folder `tiny`, `tiny.en`, …
 * @returns undefined for a model whose size is not known
 */
export function loadSeconds(folder: string, quantization: keyof typeof WEIGHT_BYTES): number | undefined {
  const weights = MILLION_WEIGHTS[folder.replace(/\.en$/, '')];
  if (weights === undefined) {
    return undefined;
  }
  return FIXED_SECONDS + Math.ceil((weights * WEIGHT_BYTES[quantization]) / READ_RATE);
}
