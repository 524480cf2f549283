import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const REFERENCE = readFileSync(join(ROOT, 'docs/API.md'), 'utf8');

interface ApiDeclarations {
  readonly apiDeclarations: (root: string) => { readonly name: string }[];
  readonly apiFingerprint: (root: string) => string;
}
const { apiDeclarations, apiFingerprint } = jest.requireActual<ApiDeclarations>('../../.ci/api-declarations.js');
const CURRENT = apiFingerprint(ROOT);

describe('docs/API.md', () => {
  test('shows the declarations that lib/ has: run `npm run docs:api` and commit it when this fails', () => {
    expect(/sha256 ([0-9a-f]{64})/.exec(REFERENCE)?.[1]).toBe(CURRENT);
  });

  test('has a heading for every one of them', () => {
    const names = apiDeclarations(ROOT).map(({ name }) => name);

    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !REFERENCE.includes(`### ${name} <a name=`))).toEqual([]);
  });
});

describe('the fingerprint of the API', () => {
  const root = mkdtempSync(join(tmpdir(), 'api-'));

  beforeEach(() => {
    cpSync(join(ROOT, 'lib'), join(root, 'lib'), { recursive: true });
  });

  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  /** Of a lib/ in which one text of a file is another one. */
  function changed(file: string, from: string | RegExp, to: string): string {
    const path = join(root, 'lib', file);
    const before = readFileSync(path, 'utf8');
    const after = before.replace(from, to);
    expect(after).not.toBe(before);
    writeFileSync(path, after);
    return apiFingerprint(root);
  }

  test.each([
    ['a prop', 'networking.ts', /readonly port\?: number;/, 'readonly port?: number;\n  readonly hosts?: string[];'],
    ['a type', 'networking.ts', /readonly port\?: number;/, 'readonly port?: string;'],
    ['a sentence of its documentation', 'networking.ts', /(?=\n +\*\/\n +readonly port)/, '\n * Open.'],
    ['a value of an enum', 'model.ts', "INT8 = 'int8'", "INT4 = 'int4'"],
    ['an export', 'index.ts', /export \{ NetworkPeer \}.*\n/, ''],
  ])('changes with %s', (_, file, from, to) => {
    expect(changed(file, from, to)).not.toBe(CURRENT);
  });

  test.each([
    [
      'what is not exported',
      'model.ts',
      'export class ModelChoice {',
      'export class ModelChoice {\n  readonly more = 1;',
    ],
    ['an implementation', 'model.ts', 'return new WhisperModel(folder, memoryNeed)', 'return WhisperModel.TINY'],
    ['an export that is internal', 'index.ts', /export \{ WhisperSttPolicy \}.*\n/, ''],
  ])('does not change with %s', (_, file, from, to) => {
    expect(changed(file, from, to)).toBe(CURRENT);
  });
});
