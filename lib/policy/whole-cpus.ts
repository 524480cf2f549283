import { serverContainersOf } from './manifest';
import { ResourceQuantity } from './resource-quantity';
import type { Rule } from './rule';

/** The server has a whole number of CPUs. */
export const wholeCpus: Rule = {
  id: 'whole-cpus',
  severity: 'error',
  cause: 'the kubelet pins whole CPUs only, so inference threads would share theirs with other pods',
  explanation:
    "The kubelet's static CPU manager gives CPUs of their own to containers of Guaranteed pods that request a whole " +
    'number of them. A container with 1500m is Guaranteed and still runs in the shared pool. Small sidecars may have ' +
    'a fraction: they leave the server pinned.',

  check(manifests) {
    return serverContainersOf(manifests).flatMap(({ object, field, container }) => {
      const cpu = container.resources?.requests?.cpu;
      if (ResourceQuantity.parse(cpu)?.isWhole()) {
        return [];
      }
      return [
        {
          object,
          field: `${field}.resources.requests.cpu`,
          got: cpu === undefined ? undefined : String(cpu),
          remedy: "Give whole CPUs, with the prop 'cpus'.",
        },
      ];
    });
  },
};
