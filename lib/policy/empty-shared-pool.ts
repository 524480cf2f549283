import { containersOf } from './manifest';
import { ResourceQuantity } from './resource-quantity';
import type { Rule } from './rule';

/** A sidecar has CPUs to run on that are nobody's. */
export const emptySharedPool: Rule = {
  id: 'empty-shared-pool',
  severity: 'advice',
  cause:
    'it runs in the shared pool, and where `strict-cpu-reservation` and pinned pods leave that empty it runs on all ' +
    'CPUs, the pinned ones included',
  explanation:
    'A container without whole CPUs of its own runs on what the static CPU manager has not given away. With the policy ' +
    'option `strict-cpu-reservation` the reserved CPUs are no part of that, so on a node whose other CPUs are all pinned ' +
    'nothing is left. Seen on a real kubelet: a container with an empty CPU set runs on every CPU, and inference ' +
    'threads are interrupted by it.',

  check(manifests) {
    return containersOf(manifests).flatMap(({ object, field, container }) => {
      const cpu = container.resources?.requests?.cpu;
      const quantity = ResourceQuantity.parse(cpu);
      const runsBesideTheServer = field.startsWith('containers[') || container.restartPolicy === 'Always';
      if (!quantity || quantity.isWhole() || !runsBesideTheServer) {
        return [];
      }
      return [
        {
          object,
          field: `${field}.resources.requests.cpu`,
          got: String(cpu),
          remedy: 'Leave one CPU of each node beyond the reserved ones to the shared pool.',
        },
      ];
    });
  },
};
