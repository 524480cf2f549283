import type { PropFaults } from './prop-faults';

/** As every supported version of the API has it; from 1.30 on it takes nearly anything. */
const ENV_NAME = /^[-._A-Za-z][-._A-Za-z0-9]*$/;

/**
 * Notes the names of environment variables that Kubernetes would refuse.
 *
 * @param prop the prop that the variables were given by
 */
export function checkEnvNames(prop: string, variables: Record<string, string>, faults: PropFaults): void {
  for (const name of Object.keys(variables)) {
    if (!ENV_NAME.test(name)) {
      faults.add(
        'env-invalid',
        prop,
        name,
        'it must be letters, digits, "-", "_" and ".", and not start with a digit.',
      );
    }
  }
}
