import { execFileSync } from 'node:child_process';
import path from 'node:path';

/** A tensor as run-graph.js takes it and gives it. */
export interface SentTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: string;
}

export function sent(
  type: string,
  dims: readonly number[],
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): SentTensor {
  return { type, dims, data: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
}

export function floatsOf({ data }: SentTensor): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(data, 'base64')).buffer);
}

/** Runs a graph on each of several feeds; ONNX Runtime cannot be loaded inside jest. */
export function runGraph(
  file: string,
  feeds: readonly Readonly<Record<string, SentTensor>>[],
): readonly Readonly<Record<string, SentTensor>>[] {
  const output = execFileSync(process.execPath, [path.join(__dirname, 'run-graph.js')], {
    input: JSON.stringify({ file, feeds }),
    encoding: 'utf8',
    maxBuffer: 512 * 2 ** 20,
  });
  return JSON.parse(output) as readonly Readonly<Record<string, SentTensor>>[];
}
