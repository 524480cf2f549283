import { containersOf } from './manifest';
import type { Finding, Rule } from './rule';

/** Secrets come as files. */
export const secretEnv: Rule = {
  id: 'secret-env',
  severity: 'advice',
  cause: 'a secret in the environment is inherited by every child process and ends in crash reports',
  explanation:
    'An environment is copied to child processes, printed by debuggers and error reports, and read from ' +
    '/proc/PID/environ. It also stays as it was when the Secret is rotated, until the pod is replaced. A mounted file ' +
    'is updated in place and read by whom it is meant for.',

  check(manifests) {
    const remedy = 'Mount the Secret as a file.';
    return containersOf(manifests).flatMap(({ object, field, container: { env = [], envFrom = [] } }): Finding[] => [
      ...env.flatMap(({ name, valueFrom }) =>
        valueFrom?.secretKeyRef
          ? [{ object, field: `${field}.env.${name}`, got: `from Secret ${valueFrom.secretKeyRef.name ?? ''}`, remedy }]
          : [],
      ),
      ...envFrom.flatMap(({ secretRef }) =>
        secretRef ? [{ object, field: `${field}.envFrom`, got: `from Secret ${secretRef.name ?? ''}`, remedy }] : [],
      ),
    ]);
  },
};
