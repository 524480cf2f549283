import { describeUnless } from '../../support/describe-unless';

/** Tests of a real node, where with-node.sh has started one. */
export function describeOnNode(title: string, tests: () => void): void {
  describeUnless(process.env.NODE_UNAVAILABLE, title, tests);
}

/** For what needs weights of Whisper tiny's shapes, which are not part of this repository. */
export function describeOnNodeWithTiny(title: string, tests: () => void): void {
  const missing = process.env.NODE_IMAGE_TINY ? undefined : 'WHISPER_TINY_SHAPED names no model';
  describeUnless(process.env.NODE_UNAVAILABLE ?? missing, title, tests);
}

/** @throws when a test is not run by with-node.sh */
export function nodeFact(name: 'NODE_IMAGE' | 'NODE_IMAGE_TINY' | 'NODE_STATE'): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run the tests with \`npm run test:node\``);
  return value;
}
