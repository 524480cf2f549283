import type { PlacedContainer } from './manifest';
import { ResourceQuantity } from './resource-quantity';
import type { Finding } from './rule';

/** The resources that Kubernetes looks at for a pod's quality of service. */
const QUALITY_RESOURCES = ['cpu', 'memory'];

/** Each place where a container's request is not its limit. Kubernetes wants it of every container of the pod. */
export function unequalResources({ object, field, container: { resources } }: PlacedContainer): Finding[] {
  return QUALITY_RESOURCES.flatMap((resource): Finding[] => {
    const limit = resources?.limits?.[resource];
    const request = resources?.requests?.[resource];
    if (limit === undefined) {
      const remedy =
        request === undefined ? 'Give the container requests and equal limits.' : `Set the limit to ${request}.`;
      return [{ object, field: `${field}.resources.limits.${resource}`, got: undefined, remedy }];
    }
    const limited = ResourceQuantity.parse(limit);
    if (limited && !limited.isPositive()) {
      return [
        {
          object,
          field: `${field}.resources.limits.${resource}`,
          got: String(limit),
          remedy: 'Kubernetes takes no notice of 0. Give the container requests and equal limits above 0.',
        },
      ];
    }
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
  });
}
