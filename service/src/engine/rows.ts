/** Views of the rows of a matrix that lies row by row. */
export function rows(values: Float32Array, count: number): Float32Array[] {
  const width = values.length / count;
  return Array.from({ length: count }, (_, at) => values.subarray(at * width, (at + 1) * width));
}
