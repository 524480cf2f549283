/** How many pods with pinned CPUs a node takes: the arithmetic of the kubelet's static CPU manager. */

/** A node, as its kubelet is configured. */
export interface PinningNode {
  /** Logical CPUs. */
  readonly cpus: number;
  /** 2 with hyper-threads, else 1. */
  readonly threadsPerCore: number;
  /** CPUs that the kubelet keeps for the system; with the static policy at least one. */
  readonly reservedCpus: number;
  /** Policy option `full-pcpus-only`: physical cores are given away whole or not at all. */
  readonly fullPhysicalCpusOnly: boolean;
}

/** The CPUs of one pod. */
export interface PodCpus {
  /** Whole CPUs of the server's container: its own. */
  readonly pinned: number;
  /** Thousandths of a CPU of all other containers: they run in the shared pool. */
  readonly sharedMillis: number;
}

export interface NodeFit {
  readonly pods: number;
  /** CPUs that no pod owns once the node is full; the reserved ones are among them. */
  readonly unpinnedCpus: number;
  /**
   * Whether nothing is left for containers without CPUs of their own when `strict-cpu-reservation` takes the reserved
   * CPUs out of the shared pool. Such a container may then run on every CPU, the pinned ones included.
   */
  readonly strictPoolIsEmpty: boolean;
}

export function nodeFit(node: PinningNode, pod: PodCpus): NodeFit {
  const allocatable = Math.max(0, node.cpus - node.reservedCpus);
  const pods = Math.min(
    Math.floor((allocatable * 1000) / (pod.pinned * 1000 + pod.sharedMillis)),
    Math.floor(pinnableCpus(node, allocatable, pod) / pod.pinned),
  );
  const pinned = pods * pod.pinned;
  return { pods, unpinnedCpus: node.cpus - pinned, strictPoolIsEmpty: pods > 0 && allocatable === pinned };
}

/** Nodes that so many pods need; undefined where a node takes none. */
export function nodesFor(pods: number, fit: NodeFit): number | undefined {
  return fit.pods === 0 ? undefined : Math.ceil(pods / fit.pods);
}

function pinnableCpus(node: PinningNode, allocatable: number, pod: PodCpus): number {
  if (!node.fullPhysicalCpusOnly) {
    return allocatable;
  }
  // A request that is no multiple of a core's threads fails with SMTAlignmentError.
  if (pod.pinned % node.threadsPerCore !== 0) {
    return 0;
  }
  // A core of which one thread is reserved is not whole any more.
  return Math.floor(allocatable / node.threadsPerCore) * node.threadsPerCore;
}
