import { BYTES_IN_MEBIBYTE, restingReplicas, type Controller } from '../../lib/planning/hpa-ratchet';
import { hpaMemoryRatchet } from '../../lib/policy/hpa-memory-ratchet';
import { IDLE_MEMORY_ANNOTATION } from '../../lib/policy/idle-memory';
import { memoryTargetsOf, type MemoryTarget } from '../../lib/policy/memory-target';
import { isAtLeast } from './control-plane';
import { memoryRequestMebibytes, type RestingPoint } from './resting-point';
import type { SynthesizedApp } from './synthesized-app';

/** First release whose controller takes 1.1 for within a tolerance of 10 %. */
const CLOSED_TOLERANCE = '1.33';

/** Where the construct says that the autoscaler of this release comes to rest. */
export function predictRestingPoint(app: SynthesizedApp, workingSetMebibytes: number, version: string): RestingPoint {
  const { scaler } = memoryTarget(app);
  const controller: Controller = isAtLeast(version, CLOSED_TOLERANCE) ? 'from 1.33' : 'up to 1.32';
  const from = (start: number): number =>
    restingReplicas(start, scaler, workingSetMebibytes * BYTES_IN_MEBIBYTE, controller);
  return { workingSetMebibytes, fromMax: from(scaler.maxReplicas), fromMin: from(scaler.minReplicas) };
}

/** Both ends of every interval of working sets that rest alike, in each of these releases. */
export function intervalEnds(app: SynthesizedApp, versions: readonly string[]): number[] {
  const all = Array.from({ length: memoryRequestMebibytes(app) }, (_, index) => index + 1);
  const rests = all.map((mebibytes) =>
    versions
      .map((version) => predictRestingPoint(app, mebibytes, version))
      .map(({ fromMax, fromMin }) => `${fromMax}/${fromMin}`)
      .join(),
  );
  const differ = (index: number, other: number): boolean => other in rests && rests[index] !== rests[other];
  return all.filter((_, index) => differ(index, index - 1) || differ(index, index + 1));
}

/** Idle working set that the construct checks the app with, in mebibytes. */
export function idleMebibytes(app: SynthesizedApp): number {
  const { idle } = memoryTarget(app);
  if (idle === undefined) throw new Error(`nobody knows the idle working set of ${app.name}`);
  return idle.bytes / BYTES_IN_MEBIBYTE;
}

/** Whether synth accepts the app when this idle working set is declared. */
export function synthAccepts(app: SynthesizedApp, workingSetMebibytes: number): boolean {
  const annotations = { [IDLE_MEMORY_ANNOTATION]: `${workingSetMebibytes}Mi` };
  const declared = app.map((object) =>
    object.kind === 'HorizontalPodAutoscaler' ? { ...object, metadata: { ...object.metadata, annotations } } : object,
  );
  return hpaMemoryRatchet.check(declared.objects).length === 0;
}

function memoryTarget(app: SynthesizedApp): MemoryTarget {
  const [target, ...more] = memoryTargetsOf(app.objects);
  if (target === undefined || more.length > 0) throw new Error(`${app.name} must have one memory target`);
  return target;
}
