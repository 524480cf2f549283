import { serverContainersOf } from './manifest';
import { ResourceQuantity } from './resource-quantity';
import type { Rule } from './rule';

/** Threads of a physical core, with hyper-threads. */
const THREADS_PER_CORE = 2;

/** The server has whole physical cores. */
export const smtAlignment: Rule = {
  id: 'smt-alignment',
  severity: 'advice',
  cause:
    'on nodes with hyper-threads the odd CPU shares its physical core with another pod, and where the kubelet says ' +
    '`full-pcpus-only` the pod is refused with SMTAlignmentError',
  explanation:
    'A "CPU" of Kubernetes is a hyper-thread where the node has them, and the static CPU manager packs a pod onto as few ' +
    'physical cores as it can: two CPUs are one core, and their two inference threads share its vector units. An odd ' +
    'number leaves the other half of a core to somebody else. Measure the speed on sibling threads before you plan ' +
    'capacity; on nodes without hyper-threads any whole number is fine.',

  check(manifests) {
    return serverContainersOf(manifests).flatMap(({ object, field, container: { resources } }) => {
      const cpu = resources?.requests?.cpu;
      const quantity = ResourceQuantity.parse(cpu);
      if (!quantity?.isWhole() || quantity.toNumber() % THREADS_PER_CORE === 0) {
        return [];
      }
      return [
        {
          object,
          field: `${field}.resources.requests.cpu`,
          got: String(cpu),
          remedy: `Give ${quantity.toNumber() + 1} CPUs, or run it on nodes without hyper-threads.`,
        },
      ];
    });
  },
};
