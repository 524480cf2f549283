import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from '../support/built';

const text = readFileSync(path.join(REPOSITORY, 'docs/mutation.md'), 'utf8');

describe('docs/mutation.md', () => {
  test('is about the rules as they are now: run `npm run mutation` and commit it when this fails', () => {
    const script = path.join(REPOSITORY, '.ci/write-mutation-summary.mjs');
    const inputs = execFileSync(process.execPath, [script, '--inputs'], { encoding: 'utf8' }).trim();

    expect(/Inputs: `(\w+)`/.exec(text)?.[1]).toBe(inputs);
  });

  test('has the score that it promises', () => {
    const [, score, noticed] = /^\| all +\| ([\d.]+) % +\| (\d+) /m.exec(text)!.map(Number);

    expect(score).toBeGreaterThanOrEqual(85);
    expect(noticed).toBeGreaterThan(500);
  });
});
