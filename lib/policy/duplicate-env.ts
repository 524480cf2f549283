import { containersOf } from './manifest';
import type { Rule } from './rule';

/** No variable is given twice. */
export const duplicateEnv: Rule = {
  id: 'duplicate-env',
  severity: 'error',
  cause: 'a variable given twice has one value for its reader and another for the container',
  explanation:
    'Kubernetes accepts a list of environment variables in which a name stands twice and takes the last one. Server-side ' +
    'apply merges the list by name and refuses it.',

  check(manifests) {
    return containersOf(manifests).flatMap(({ object, field, container: { env = [] } }) => {
      const names = env.map(({ name }) => name);
      const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
      return [...repeated].map((name) => ({
        object,
        field: `${field}.env.${name}`,
        got: `given ${names.filter((other) => other === name).length} times`,
        remedy: 'Keep one of them.',
      }));
    });
  },
};
