import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CLAIMS, NOT_PROVED } from '../cluster/node/claims';
import { PROOF } from '../cluster/node/proof';

const text = readFileSync(PROOF, 'utf8');
const rows = [...text.matchAll(/^\| (.*?) +\| (.*?) +\| (.*?) +\|$/gm)].map(([, claim, measured, test]) => ({
  claim,
  measured,
  test,
}));

describe('docs/proof.md', () => {
  test.each(Object.values(CLAIMS))('proves: %s (run `npm run test:node` and commit it when this fails)', (claim) => {
    const proof = rows.find((row) => row.claim === claim);

    expect(proof?.measured).toMatch(/\w/);
    expect(proof?.measured).not.toContain('NOT PROVED');
    const file = /\]\((.*)\)/.exec(proof?.test ?? '')?.[1];
    expect(existsSync(path.join(path.dirname(PROOF), file!))).toBe(true);
  });

  test('claims nothing else', () => {
    const claims: readonly string[] = Object.values(CLAIMS);
    expect(
      rows
        .map(({ claim }) => claim)
        .filter((claim) => claim !== 'claim' && !claims.includes(claim!) && !claim!.startsWith('-')),
    ).toEqual([]);
  });

  test.each(Object.keys(NOT_PROVED))('says that it does not prove: %s', (claim) => {
    expect(text).toContain(`| ${claim} `);
  });

  test('names the versions and the date', () => {
    expect(text).toMatch(/^\d{4}-\d\d-\d\d · Kubernetes [\d.]+ · containerd \S+ · runc [\d.]\S* · Linux [\d.]/m);
  });
});
