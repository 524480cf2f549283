/** Compiles lib/ with jsii: JavaScript into build/, and the description of the API, for other languages, into .jsii. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const JSII = fileURLToPath(import.meta.resolve('jsii/bin/jsii'));
const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

// It would tell jsii that files are up to date which `npm run build` has overwritten.
rmSync(join(ROOT, 'build/tsconfig.tsbuildinfo'), { force: true });

// jsii takes no tsconfig.json that somebody wrote by hand. `namespace` is a keyword of C# alone, which can escape it.
const options = [
  '--generate-tsconfig',
  'tsconfig.jsii.json',
  '--silence-warnings',
  'reserved-word',
  '--fail-on-warnings',
];
// Node 20 runs it, and warns of its own end at length.
const env = { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' };
try {
  execFileSync(process.execPath, [JSII, ...options], { cwd: ROOT, env, stdio: 'inherit' });
} catch ({ status }) {
  process.exit(status ?? 1);
}

// npm makes commands executable when it installs a package. pip does not.
for (const command of Object.values(bin)) {
  chmodSync(join(ROOT, command), 0o755);
}
