import { ENV } from '../contract';
import { environmentValue, serverContainersOf } from './manifest';
import { ResourceQuantity } from './resource-quantity';
import type { Rule } from './rule';

/** The server is told to run as many threads as it has CPUs. */
export const threadsMatchCpus: Rule = {
  id: 'threads-match-cpus',
  severity: 'error',
  cause: 'more threads than CPUs wait for each other, and fewer leave pinned CPUs idle',
  explanation:
    'Threads of a matrix product meet at its end: one that has to wait for a CPU holds all others up. ONNX Runtime does ' +
    'not read these variables, and the server takes its threads from the CPUs that it may use; a manifest that says ' +
    'another number describes another deployment than the one that runs.',

  check(manifests) {
    return serverContainersOf(manifests).flatMap(({ object, field, container }) => {
      const limit = container.resources?.limits?.cpu;
      const cpus = ResourceQuantity.parse(limit)?.toNumber();
      return [ENV.ompThreads, ENV.mklThreads].flatMap((name) => {
        const threads = environmentValue(container, name);
        if (threads !== undefined && Number(threads) === cpus) {
          return [];
        }
        return [
          {
            object,
            field: `${field}.env.${name}`,
            got: threads,
            remedy: `Set it to the CPU limit, ${limit ?? 'which is missing too'}; the prop 'cpus' sets both.`,
          },
        ];
      });
    });
  },
};
