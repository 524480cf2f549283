import {
  averageValueRatio,
  BYTES_IN_MEBIBYTE,
  restingBands,
  restingReplicas,
  returnsToMinimum,
  runawayMebibytes,
  smallestRequestMebibytes,
  utilizationRatio,
  type MemoryAutoscaler,
} from '../planning/hpa-ratchet';
import { idleMemoryOf, type IdleMemory } from './idle-memory';
import { autoscalersOf, isServer, type Container, type Manifest, type Metric, type PlacedAutoscaler } from './manifest';
import { mebibytes, ResourceQuantity } from './resource-quantity';

/** A memory target of an autoscaler, and what the pods weigh on it while nobody calls. */
export interface MemoryTarget {
  readonly object: string;
  readonly field: string;
  /** The target, as people write it: `70 %`. */
  readonly text: string;
  readonly scaler: MemoryAutoscaler;
  /** Undefined for a target that is an amount of memory. */
  readonly percent: number | undefined;
  /** Requested by the containers that the metric counts beside the server. */
  readonly sidecarBytes: number;
  readonly idle: IdleMemory | undefined;
}

/** What Kubernetes takes where `minReplicas` is left out. */
const DEFAULT_MIN_REPLICAS = 1;

/** Every memory target that can hold pods of Whisper up. */
export function memoryTargetsOf(manifests: readonly Manifest[]): MemoryTarget[] {
  return autoscalersOf(manifests)
    .filter(({ autoscaler }) => !neverScalesDown(autoscaler))
    .flatMap((placed) =>
      (placed.autoscaler.spec?.metrics ?? []).flatMap((metric) => memoryTarget(placed, metric) ?? []),
    );
}

/** Whether the count stays where it is once it rose, whatever the metrics say. */
export function neverScalesDown({ spec }: Manifest): boolean {
  return spec?.behavior?.scaleDown?.selectPolicy === 'Disabled';
}

/** Whether the autoscaler has room to add pods, and may. */
export function canScaleUp({ spec }: Manifest): boolean {
  const { minReplicas = DEFAULT_MIN_REPLICAS, maxReplicas = 0, behavior } = spec ?? {};
  return maxReplicas > minReplicas && behavior?.scaleUp?.selectPolicy !== 'Disabled';
}

function memoryTarget({ object, autoscaler, pod }: PlacedAutoscaler, metric: Metric): MemoryTarget | undefined {
  const source = metric.resource ?? metric.containerResource;
  const { minReplicas = DEFAULT_MIN_REPLICAS, maxReplicas = 0 } = autoscaler.spec ?? {};
  const counted = runningContainers(pod.initContainers, pod.containers).filter(
    ({ name }) => name === (metric.containerResource?.container ?? name),
  );
  const server = counted.find(isServer);
  // A crossed range is another rule's; so is a pod without requests.
  if (source?.name !== 'memory' || !server || maxReplicas < minReplicas) {
    return undefined;
  }
  const sidecarBytes = sum(counted.filter((container) => container !== server).map(requestedBytes));
  const requestBytes = requestedBytes(server) + sidecarBytes;
  const { averageUtilization: percent, averageValue } = source.target;
  const value = ResourceQuantity.parse(averageValue)?.toNumber();
  const common = { object, sidecarBytes, idle: idleMemoryOf(autoscaler, server, sidecarBytes) };
  if (percent !== undefined && requestBytes > 0) {
    const scaler = { minReplicas, maxReplicas, usageRatio: utilizationRatio(requestBytes, percent) };
    return { ...common, field: 'spec.metrics[memory].averageUtilization', text: `${percent} %`, percent, scaler };
  }
  if (value !== undefined) {
    const scaler = { minReplicas, maxReplicas, usageRatio: averageValueRatio(value) };
    const text = String(averageValue);
    return { ...common, field: 'spec.metrics[memory].averageValue', text, percent: undefined, scaler };
  }
  return undefined;
}

/** Whether a burst leaves more pods behind than the minimum. */
export function ratchets({ scaler }: MemoryTarget, idle: IdleMemory): boolean {
  return !returnsToMinimum(scaler, idle.bytes);
}

/** Where the autoscaler rests for which working set of a pod: the table that people need to choose another size. */
export function bandsText({ scaler }: MemoryTarget): string {
  const bands = restingBands(scaler, 'from 1.33').map(({ replicas, toMebibytes }) =>
    toMebibytes === undefined ? `${replicas} above` : `${replicas} up to ${toMebibytes}Mi`,
  );
  const [old, recent] = [runawayMebibytes(scaler, 'up to 1.32'), runawayMebibytes(scaler, 'from 1.33')];
  const runaway =
    recent === undefined
      ? ''
      : ` From ${recent}Mi${old === recent ? '' : ` (${old}Mi up to Kubernetes 1.32)`} pods are added with no load at all.`;
  return `From ${scaler.maxReplicas} pods it comes to rest, by the working set of a pod, at ${bands.join(', ')}.${runaway}`;
}

/** Ways out, of which each is enough. */
export function remedyText({ scaler, percent, sidecarBytes }: MemoryTarget, idle: IdleMemory): string {
  const resting = restingReplicas(scaler.maxReplicas, scaler, idle.bytes, 'from 1.33');
  const ways = [`'minReplicas' to ${resting}, where it rests`];
  if (percent !== undefined) {
    const request = smallestRequestMebibytes(scaler, percent, idle.bytes) * BYTES_IN_MEBIBYTE;
    ways.unshift(`'memory' to ${mebibytes(request - sidecarBytes)}`);
  }
  return `Raise ${ways.join(', or ')}; or give the 'idleMemory' that you measured.`;
}

/** Init containers that go on running are sidecars, and their memory is counted. */
function runningContainers(init: readonly Container[] = [], containers: readonly Container[] = []): Container[] {
  return [...init.filter(({ restartPolicy }) => restartPolicy === 'Always'), ...containers];
}

function requestedBytes({ resources }: Container): number {
  return ResourceQuantity.parse(resources?.requests?.memory ?? resources?.limits?.memory)?.toNumber() ?? 0;
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
