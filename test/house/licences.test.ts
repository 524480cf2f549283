import { execFileSync } from 'node:child_process';
import { REPOSITORY } from '../support/built';

function run(...arguments_: readonly string[]): string {
  return execFileSync(process.execPath, arguments_, { cwd: REPOSITORY, encoding: 'utf8' });
}

describe('.ci/licences.mjs', () => {
  it('finds every licence of what the image holds allowed, and lists packages, crates and the model', () => {
    const table = run('.ci/licences.mjs');
    expect(table).toMatch(/ 0 with a licence that is not allowed\n$/);
    for (const line of [/^fastify 5\.\S+ +MIT$/m, /^symphonia-core \S+ +MPL-2\.0$/m, /^silero-vad \S+ +MIT$/m]) {
      expect(table).toMatch(line);
    }
    expect(table).not.toMatch(/^(?:typescript|jest|@xenova\/transformers) /m);
  });

  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['Apache-2.0 AND MIT', true],
    ['GPL-3.0-only', false],
    ['Apache-2.0 AND LGPL-3.0-or-later', false],
    ['MIT OR (Apache-2.0 AND GPL-2.0-only)', false],
    ['none stated', false],
    ['constructor', false],
  ])('takes %s for allowed: %s', (expression, allowed) => {
    const question = `import { isAllowed } from './.ci/licences.mjs'; console.log(isAllowed(process.argv[1]))`;
    expect(run('--input-type=module', '--eval', question, expression)).toBe(`${allowed}\n`);
  });
});
