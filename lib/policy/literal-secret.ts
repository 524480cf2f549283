import { containersOf } from './manifest';
import type { Rule } from './rule';

/** Names that scanners take for a secret's (Polaris sensitiveContainerEnvVar, kube-linter env-var-secret). */
const SECRET_NAME = /password|token|secret|key|bearer/i;

/** A path of a mounted secret, a number (`MAX_TOKENS=448`) and a switch are no secrets. */
const NO_SECRET = /^(?:\/.*|[+-]?\d+(?:\.\d+)?|true|false|)$/i;

/** No secret stands in a manifest. */
export const literalSecret: Rule = {
  id: 'literal-secret',
  severity: 'error',
  cause: 'a secret in a manifest can be read by everybody who reads the repository or the Deployment',
  explanation:
    'Manifests are committed, printed by pipelines and shown by `kubectl describe`. A variable whose name contains ' +
    'password, token, secret, key or bearer and whose value is written out is taken for a secret. Values that are an ' +
    'absolute path, a number or true and false are not.',

  check(manifests) {
    return containersOf(manifests).flatMap(({ object, field, container: { env = [] } }) =>
      env
        .filter(({ name, value }) => SECRET_NAME.test(name) && value !== undefined && !NO_SECRET.test(value))
        .map(({ name }) => ({
          object,
          field: `${field}.env.${name}`,
          // Never the value: messages end in logs.
          got: 'written out',
          remedy: 'Put it into a Secret, mount that as a file, and give the path of the file.',
        })),
    );
  },
};
