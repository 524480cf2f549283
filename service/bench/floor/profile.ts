import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Of one run of a graph: what each kind of kernel took, in milliseconds. */
export type KernelTimes = ReadonlyMap<string, number>;

interface Event {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

/**
 * The runs of a graph, in order, from the profile that ONNX Runtime wrote.
 *
 * @param prefix of the profile's file; what follows it is the time of its making
 */
export function readProfile(prefix: string): readonly KernelTimes[] {
  const folder = path.dirname(prefix);
  const file = readdirSync(folder).find((name) => name.startsWith(`${path.basename(prefix)}_`));
  if (file === undefined) throw new Error(`ONNX Runtime wrote no profile ${prefix}`);
  const events = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as readonly Event[];
  const runs = events.filter(({ name }) => name === 'model_run').sort((one, other) => one.ts - other.ts);
  // A branch's kernels are in the profile themselves.
  const kernels = events.filter(
    ({ cat, name, args }) => cat === 'Node' && name.endsWith('_kernel_time') && args?.op_name !== 'If',
  );
  return runs.map(({ ts, dur }) => {
    const times = new Map<string, number>();
    for (const kernel of kernels) {
      if (kernel.ts < ts || kernel.ts >= ts + dur) continue;
      const operator = kernel.args?.op_name ?? 'unknown';
      times.set(operator, (times.get(operator) ?? 0) + kernel.dur / 1000);
    }
    return times;
  });
}
