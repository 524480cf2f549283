/**
 * `describe`, unless something is missing here: then the tests are skipped and counted, and the reason is printed.
 *
 * @param reason what is missing; undefined where nothing is
 */
export function describeUnless(reason: string | undefined, title: string, tests: () => void): void {
  if (reason === undefined) {
    describe(title, tests);
  } else {
    console.warn(`skipped: ${title} (${reason})`);
    describe.skip(title, tests);
  }
}
