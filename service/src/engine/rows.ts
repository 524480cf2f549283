/** Views of the rows of a matrix that lies row by row. */
export function rows<Numbers extends Float32Array | Int8Array>(values: Numbers, count: number): Numbers[] {
  const width = values.length / count;
  return Array.from({ length: count }, (_, at) => values.subarray(at * width, (at + 1) * width) as Numbers);
}
