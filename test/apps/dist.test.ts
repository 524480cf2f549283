import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const ROOT = join(__dirname, '../..');
const APPS = readdirSync(join(ROOT, 'apps')).filter((file) => file.endsWith('.ts'));

/** What the apps last printed to stderr. */
let warnings: string[] = [];

/** Runs every app as `npm run synth` does, from its source, into an empty folder. */
function synthesizeApps(): Map<string, string> {
  const outdir = mkdtempSync(join(tmpdir(), 'synth-'));
  const before = process.env.CDK8S_OUTDIR;
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  process.env.CDK8S_OUTDIR = outdir;
  try {
    for (const app of APPS) {
      jest.isolateModules(() => jest.requireActual(join(ROOT, 'apps', app)));
    }
    return manifestsIn(outdir);
  } finally {
    warnings = warn.mock.calls.map(([warning]) => String(warning));
    warn.mockRestore();
    if (before === undefined) {
      delete process.env.CDK8S_OUTDIR;
    } else {
      process.env.CDK8S_OUTDIR = before;
    }
    rmSync(outdir, { recursive: true });
  }
}

function manifestsIn(folder: string): Map<string, string> {
  return new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

describe('dist/', () => {
  test('is what the apps synthesize: run `npm run synth` and commit it when this fails', () => {
    expect(manifestsIn(join(ROOT, 'dist'))).toEqual(synthesizeApps());
  });

  test('is the same each time it is made', () => {
    expect(synthesizeApps()).toEqual(synthesizeApps());
  });

  test('has one file an app, named after it', () => {
    expect(readdirSync(join(ROOT, 'dist')).sort()).toEqual(APPS.map((app) => app.replace(/\.ts$/, '.k8s.yaml')).sort());
  });

  test('comes with the warnings of the apps, on stderr', () => {
    synthesizeApps();

    expect(warnings).toContainEqual(expect.stringContaining('[gpu-untried]'));
  });

  test('is made by `npm run synth` from every app', () => {
    const { app, output } = parse(readFileSync(join(ROOT, 'cdk8s.yaml'), 'utf8')) as { app: string; output: string };

    expect(app).toContain("readdirSync('build/apps')");
    expect(output).toBe('dist');
  });
});
