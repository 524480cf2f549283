#!/usr/bin/env node
// Generates the bindings of imports/ from the pinned CRDs of imports/crds/, without a network:
//   import.mjs [FOLDER]      FOLDER (default: imports/) gets one <api-group>.ts for each API group
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const folder = resolve(process.argv[2] ?? here);
const require = createRequire(import.meta.url);
const cli = join(dirname(require.resolve('cdk8s-cli/package.json')), 'bin', 'cdk8s');

// `cdk8s import` writes one file for each API group and honours one SPEC: a second CRD of a group would overwrite the
// first. So the CRDs of a group become one file. controller-gen names CRD files <group>_<plural>.yaml.
const groups = new Map();
for (const file of readdirSync(join(here, 'crds')).sort()) {
  const group = file.slice(0, file.indexOf('_'));
  groups.set(group, [...(groups.get(group) ?? []), readFileSync(join(here, 'crds', file), 'utf8')]);
}

const scratch = mkdtempSync(join(tmpdir(), 'import-'));
try {
  for (const [group, crds] of groups) {
    const spec = join(scratch, `${group}.yaml`);
    writeFileSync(spec, crds.join('\n---\n'));
    // --no-save: an `imports:` list in cdk8s.yaml would put these CRDs into every Helm chart made by `cdk8s synth`.
    const options = ['--language', 'typescript', '--output', folder, '--no-save', '--check-upgrade=false'];
    execFileSync(process.execPath, [cli, 'import', spec, ...options], { cwd: scratch, stdio: ['ignore', 'ignore', 'inherit'] });
  }
} finally {
  rmSync(scratch, { recursive: true });
}
