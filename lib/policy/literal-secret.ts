import { containersOf } from './manifest';
import type { Rule } from './rule';

/** Words of a name that say that its value is a secret; whole ones, so that KEYCLOAK_URL and TOKENIZER_NAME are free. */
const SECRET_WORD = /^(?:(?:api)?keys?|\w*token|\w*password|passwd|pass|\w*secrets?|credentials?|pat|bearer)$/i;

const PASSWORD_WORD = /^(?:\w*password|passwd|pass)$/i;

/** Names of paths: nothing else may hold one, since a token can begin with a slash too. */
const PATH_NAME = /_(?:FILE|PATH|DIR)$|^GOOGLE_APPLICATION_CREDENTIALS$/i;

/** `clientSecret` and `CLIENT_SECRET` are the same two words. */
function wordsOf(name: string): string[] {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').split(/[_.-]/);
}

function isSecret(name: string, value: string): boolean {
  const words = wordsOf(name);
  if (value === '' || !words.some((word) => SECRET_WORD.test(word))) {
    return false;
  }
  if (PATH_NAME.test(name) && value.startsWith('/')) {
    return false;
  }
  // Whether there is a key is no key; a password can be any word.
  return words.some((word) => PASSWORD_WORD.test(word)) || !/^(?:true|false)$/i.test(value);
}

/** No secret stands in a manifest. */
export const literalSecret: Rule = {
  id: 'literal-secret',
  severity: 'error',
  cause: 'a secret in a manifest can be read by everybody who reads the repository or the Deployment',
  explanation:
    'Manifests are committed, printed by pipelines and shown by `kubectl describe`. A variable whose name has the word ' +
    'password, passwd, pass, token, secret, key, credentials, PAT or bearer and whose value is written out is taken for ' +
    'a secret. An absolute path is not where the name ends in _FILE, _PATH or _DIR or is GOOGLE_APPLICATION_CREDENTIALS, ' +
    'and true and false are not but for a password.',

  check(manifests) {
    return containersOf(manifests).flatMap(({ object, field, container: { env = [] } }) =>
      env
        .filter(({ name, value }) => value !== undefined && isSecret(name, value))
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
