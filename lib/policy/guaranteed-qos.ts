import { unequalResources } from './equal-resources';
import { serverContainersOf } from './manifest';
import type { Rule } from './rule';

/** The server asks for exactly what it may use. */
export const guaranteedQos: Rule = {
  id: 'guaranteed-qos',
  severity: 'error',
  cause: 'the pod is not Guaranteed, so no CPU of it is pinned and it is among the first to be evicted',
  explanation:
    'Kubernetes calls a pod Guaranteed when each of its containers has CPU and memory limits, and requests equal to ' +
    'them. Any other pod is Burstable: the static CPU manager pins nothing, and the kernel kills the pod earlier when ' +
    'the node runs out of memory.',

  check(manifests) {
    return serverContainersOf(manifests).flatMap(unequalResources);
  },
};
