import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const ROOT = join(__dirname, '../..');
const IMPORTS = join(ROOT, 'imports');
const CRDS = readdirSync(join(IMPORTS, 'crds'));

const bindingsIn = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );

describe('imports/', () => {
  test('is what the CRDs generate: run `npm run import` and commit it when this fails', () => {
    const folder = mkdtempSync(join(tmpdir(), 'imports-'));
    const configuration = readFileSync(join(ROOT, 'cdk8s.yaml'), 'utf8');
    try {
      execFileSync(process.execPath, [join(IMPORTS, 'import.mjs'), folder]);

      expect(bindingsIn(IMPORTS)).toEqual(bindingsIn(folder));
    } finally {
      rmSync(folder, { recursive: true });
    }
    // `cdk8s import` adds what it imported to it, unless told not to.
    expect(readFileSync(join(ROOT, 'cdk8s.yaml'), 'utf8')).toBe(configuration);
  }, 60_000);

  // `cdk8s import` lets the last CRD of an API group overwrite the others.
  test.each(CRDS)('has a class for the kind of %s', (file) => {
    const crds = parseAllDocuments(readFileSync(join(IMPORTS, 'crds', file), 'utf8'))
      .map((document) => document.toJS() as Crd | null)
      .filter((crd) => crd !== null);

    expect(crds).toHaveLength(1);
    for (const { metadata, spec } of crds) {
      expect(file).toBe(`${spec.group}_${spec.names.plural}.yaml`);
      expect(metadata.name).toBe(`${spec.names.plural}.${spec.group}`);
      expect(readFileSync(join(IMPORTS, `${spec.group}.ts`), 'utf8')).toContain(`kind: '${spec.names.kind}',`);
    }
  });

  test('is documented with the version that each CRD names', () => {
    const readme = readFileSync(join(IMPORTS, 'README.md'), 'utf8');
    for (const file of CRDS) {
      const crd = readFileSync(join(IMPORTS, 'crds', file), 'utf8');
      const version = /(?:bundle-version: v|operator\.prometheus\.io\/version: )(\S+)/.exec(crd)?.[1];

      expect(version).toBeDefined();
      expect(readme).toMatch(new RegExp(`\`${file}\`.* v${version}\\b`));
    }
  });

  test('is mentioned by no public declaration: other languages could not import it', () => {
    const index = readFileSync(join(ROOT, 'lib/index.ts'), 'utf8');
    const exported = [...index.matchAll(/from '\.\/([\w-]+)'/g)].map((match) => match[1]!);

    expect(index).not.toContain('imports/');
    expect(exported.length).toBeGreaterThan(5);
    for (const module of exported) {
      const source = readFileSync(join(ROOT, 'lib', `${module}.ts`), 'utf8');
      const names = [...source.matchAll(/import \{([^}]*)\} from '\.\.\/imports\//g)].flatMap(([, list]) =>
        list!.split(',').map((name) => name.replace(/\btype\b/, '').trim()),
      );
      const fields = [...source.matchAll(/^ +(?:public )?readonly .*;$/gm)].join('\n');
      for (const name of names.filter(Boolean)) {
        expect(fields).not.toMatch(new RegExp(`\\b${name}\\b`));
      }
    }
  });
});

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly group: string; readonly names: { readonly kind: string; readonly plural: string } };
}
