import { worstCase, type Capacity, type PodSize, type WorstCase } from '../planning/capacity';
import { nodeFit, nodesFor, type PodCpus } from '../planning/node-fit';
import { podRequests } from '../pod-requests';
import { isServer, objectName, whisperPodsOf, type Manifest, type PlacedPod, type PodSpec } from '../policy/manifest';
import { mebibytes, ResourceQuantity } from '../policy/resource-quantity';
import { FOREIGN, PURPOSES } from './purposes';
import { table } from './table';

/** Sizes of nodes that clouds sell, in CPUs. */
const NODE_CPUS = [4, 8, 16, 32, 64];

/** With the static policy a kubelet has to reserve CPUs; one is the least. */
const RESERVED_CPUS = 1;

/** `maxSurge` that Kubernetes fills in. */
const DEFAULT_SURGE = '25%';

/**
 * Every object, why it exists and what changes it; then what the pods can come to use, and how many nodes that takes.
 *
 * @param manifests Kubernetes objects as they will be written
 * @returns text for a terminal, without a newline at its end
 */
export function explain(manifests: readonly Manifest[]): string {
  const objects = manifests.map((manifest) => {
    const { why, props } = PURPOSES[manifest.kind] ?? FOREIGN;
    return [objectName(manifest), why, props];
  });
  return [
    table(['object', 'why it exists', 'changed by the props'], objects),
    ...whisperPodsOf(manifests).flatMap((placed) => workload(placed, manifests)),
  ].join('\n\n');
}

function workload({ object, manifest, pod }: PlacedPod, manifests: readonly Manifest[]): string[] {
  const requests = podRequests(pod);
  const size: PodSize = {
    cpuMillis: Math.ceil(Number(((requests.get('cpu') ?? 0) * 1000).toFixed(6))),
    memoryBytes: requests.get('memory') ?? 0,
  };
  const loads = worstCase(size, { ...replicas(manifest, manifests), maxSurge: maxSurge(manifest) });
  const cpus = podCpus(pod, size);
  const where = manifest.metadata.namespace === undefined ? '' : ` in ${manifest.metadata.namespace}`;
  return [
    `Worst case of ${object}${where}:\n${capacities(loads)}`,
    // Any number of pods without CPUs of their own fits anywhere: another rule's.
    ...(cpus.pinned > 0 ? [nodes(cpus, loads)] : []),
  ];
}

function capacities({ min, max, surge }: WorstCase): string {
  const row = (load: string, { pods, cpuMillis, memoryBytes }: Capacity): string[] => [
    load,
    String(pods),
    `${cpuMillis / 1000}`,
    mebibytes(memoryBytes),
  ];
  return table(
    ['load', 'pods', 'cpu', 'memory'],
    [row('minimum', min), row('maximum', max), row('rollout at the maximum', surge)],
  );
}

function nodes(cpus: PodCpus, { min, max, surge }: WorstCase): string {
  const rows = NODE_CPUS.map((count) => {
    const fit = nodeFit(
      { cpus: count, threadsPerCore: 2, reservedCpus: RESERVED_CPUS, fullPhysicalCpusOnly: false },
      cpus,
    );
    return [count, fit.pods, ...[min, max, surge].map(({ pods }) => nodesFor(pods, fit) ?? '–')].map(String);
  });
  const heading = ['node of CPUs', 'pods on it', 'nodes at minimum', 'at maximum', 'in a rollout'];
  return `With ${RESERVED_CPUS} CPU of each node reserved for its kubelet, and memory to match:\n${table(heading, rows)}`;
}

/** Whole CPUs of the server are its own; whatever else the pod requests comes from the shared pool. */
function podCpus({ containers = [] }: PodSpec, { cpuMillis }: PodSize): PodCpus {
  const pinned = containers
    .filter(isServer)
    .map(({ resources }) => ResourceQuantity.parse(resources?.requests?.cpu)?.toNumber() ?? 0)
    .reduce((sum, cpus) => sum + cpus, 0);
  return { pinned, sharedMillis: Math.max(0, cpuMillis - pinned * 1000) };
}

/** The autoscaler's range, or the one count that the object states. */
function replicas({ kind, metadata, spec }: Manifest, manifests: readonly Manifest[]): Range {
  const scaler = manifests.find(
    (other) =>
      other.kind === 'HorizontalPodAutoscaler' &&
      other.metadata.namespace === metadata.namespace &&
      other.spec?.scaleTargetRef?.kind === kind &&
      other.spec.scaleTargetRef.name === metadata.name,
  )?.spec;
  const stated = spec?.replicas ?? 1;
  return {
    minReplicas: scaler?.minReplicas ?? stated,
    maxReplicas: scaler?.maxReplicas ?? stated,
  };
}

interface Range {
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/** A Deployment alone starts the pods of a new revision beside those of the old one, unless it is told otherwise. */
function maxSurge({ kind, spec }: Manifest): number | string {
  return kind === 'Deployment' ? (spec?.strategy?.rollingUpdate?.maxSurge ?? DEFAULT_SURGE) : 0;
}
