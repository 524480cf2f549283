/** The node under test, or why there is none: then its tests are skipped, and counted. */
export const describeOnNode = process.env.NODE_UNAVAILABLE ? describe.skip : describe;

/** For what needs weights of Whisper tiny's shapes, which are not part of this repository. */
export const describeOnNodeWithTiny =
  process.env.NODE_UNAVAILABLE || !process.env.NODE_IMAGE_TINY ? describe.skip : describe;

/** @throws when a test is not run by with-node.sh */
export function nodeFact(name: 'NODE_IMAGE' | 'NODE_IMAGE_TINY' | 'NODE_STATE'): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run the tests with \`npm run test:node\``);
  return value;
}
