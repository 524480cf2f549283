import { unequalResources } from './equal-resources';
import { containersOf, isServer } from './manifest';
import type { Rule } from './rule';

/** Every other container of the pod asks for exactly what it may use, too. */
export const sidecarUnpins: Rule = {
  id: 'sidecar-unpins',
  severity: 'error',
  cause: 'one such container makes the whole pod Burstable, and the server beside it loses its pinned CPUs',
  explanation:
    'The quality of service is that of the pod: sidecars and init containers count, native sidecars (init containers ' +
    'with restartPolicy Always) too. Only ephemeral containers do not. A sidecar may well have a fraction of a CPU; it ' +
    'needs requests equal to limits. What is injected after synth, by a service mesh for example, is not seen here: ' +
    "the prop 'admissionPolicy' makes the cluster refuse it.",

  check(manifests) {
    return containersOf(manifests)
      .filter(({ container }) => !isServer(container))
      .flatMap(unequalResources);
  },
};
