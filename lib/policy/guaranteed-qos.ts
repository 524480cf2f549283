import { containersOf } from './manifest';
import { ResourceQuantity } from './resource-quantity';
import type { Finding, Rule } from './rule';

/** Every container of the pod asks for exactly what it may use. */
export const guaranteedQos: Rule = {
  id: 'guaranteed-qos',
  cause: 'the pod is not Guaranteed, so no CPU of it is pinned and it is among the first to be evicted',
  explanation:
    'Kubernetes calls a pod Guaranteed when each of its containers, init containers and sidecars included, has CPU ' +
    'and memory limits, and requests equal to them. One container without them makes the whole pod Burstable: the ' +
    'static CPU manager then pins nothing, and the kernel kills the pod earlier when the node runs out of memory.',

  check(manifests) {
    return containersOf(manifests).flatMap(({ object, field, container: { resources } }) =>
      ['cpu', 'memory'].flatMap((resource): Finding[] => {
        const limit = resources?.limits?.[resource];
        const request = resources?.requests?.[resource];
        if (limit === undefined) {
          const remedy =
            request === undefined ? 'Give the container requests and equal limits.' : `Set the limit to ${request}.`;
          return [{ object, field: `${field}.resources.limits.${resource}`, got: undefined, remedy }];
        }
        const limited = ResourceQuantity.parse(limit);
        const requested = ResourceQuantity.parse(request);
        if (limited && requested && limited.equals(requested)) {
          return [];
        }
        return [
          {
            object,
            field: `${field}.resources.requests.${resource}`,
            got: request === undefined ? undefined : String(request),
            remedy: `Set the request to the limit, ${limit}.`,
          },
        ];
      }),
    );
  },
};
