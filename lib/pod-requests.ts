import type { Container, PodSpec } from './policy/manifest';
import { ResourceQuantity } from './policy/resource-quantity';

/** What a pod requests of each resource: CPUs, bytes, devices. */
export type PodRequests = ReadonlyMap<string, number>;

/** An init container that goes on running beside the others is a sidecar (native sidecar, Kubernetes 1.29). */
type InitContainer = Container & { readonly restartPolicy?: string };

/**
 * What the scheduler and a quota count for a pod: its containers and sidecars together, or an init container with the
 * sidecars before it, where that is more (Kubernetes' `PodRequests`, k8s.io/component-helpers/resource).
 */
export function podRequests({ containers = [], initContainers = [] }: PodSpec): PodRequests {
  const running = new Map<string, number>();
  const starting = new Map<string, number>();
  for (const init of initContainers as readonly InitContainer[]) {
    if (init.restartPolicy === 'Always') {
      add(running, init);
    } else {
      for (const [resource, amount] of requestsOf(init)) {
        const needed = amount + (running.get(resource) ?? 0);
        starting.set(resource, Math.max(needed, starting.get(resource) ?? 0));
      }
    }
  }
  for (const container of containers) {
    add(running, container);
  }
  const resources = [...running.keys(), ...starting.keys()];
  return new Map(
    resources.map((resource) => [resource, Math.max(running.get(resource) ?? 0, starting.get(resource) ?? 0)]),
  );
}

function add(sum: Map<string, number>, container: Container): void {
  for (const [resource, amount] of requestsOf(container)) {
    sum.set(resource, (sum.get(resource) ?? 0) + amount);
  }
}

/** A limit without a request is the request. */
function requestsOf({ resources = {} }: Container): [string, number][] {
  return Object.entries({ ...resources.limits, ...resources.requests }).map(([resource, text]) => [
    resource,
    ResourceQuantity.parse(text)?.toNumber() ?? 0,
  ]);
}
