// Writes package.json and package-lock.json of what the server's image holds:
//
//   serving-packages.mjs amd64|arm64 FOLDER        (in the repository's root)
//
// The versions and hashes are those of the repository's lockfile, so that the image holds what was tested.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npmCpu } from './npm-cpu.mjs';

/** What packages ask for and the server never loads. */
const NEVER_LOADED = {
  // Only the command `fetch` imports it; it brings 170 MB (ONNX Runtime for browsers, sharp).
  'whisper-stt-service': ['@xenova/transformers'],
  // For its install script, which downloads what a CPU does not need, and is not run.
  'onnxruntime-node': ['adm-zip', 'global-agent'],
};

/** Compiles the sources; not in the image. */
const BUILD_TOOLS = ['typescript', '@types/node'];

/** Node itself: packages that hold nothing but the release's files. */
const NODE_VERSION = '24.21.0';
const NODE_INTEGRITY = {
  x64: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  arm64: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
};

const [architecture, folder] = process.argv.slice(2);
const cpu = npmCpu(architecture);
const root = readJson('package.json');
const service = readJson('service/package.json');
const { packages, lockfileVersion } = readJson('package-lock.json');

/** @type {Record<string, object>} */
const kept = {};

/** Where Node would find a package, asked for by the package at `from`. */
function locate(name, from) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const candidate = path.posix.join(at, 'node_modules', name);
    if (packages[candidate]) return candidate;
    if (at === '') throw new Error(`package-lock.json has no ${name}, which ${from || 'the server'} asks for`);
  }
}

function keep(location, dev) {
  if (kept[location] && (dev || !kept[location].dev)) return;
  const entry = { ...packages[location], dependencies: { ...packages[location].dependencies } };
  delete entry.dev;
  delete entry.optional;
  delete entry.peer;
  for (const name of NEVER_LOADED[location.slice('node_modules/'.length)] ?? []) delete entry.dependencies[name];
  kept[location] = dev ? { ...entry, dev: true } : entry;
  for (const name of Object.keys(entry.dependencies)) keep(locate(name, location), dev);
}

const names = Object.keys(service.dependencies).filter((name) => !NEVER_LOADED[service.name].includes(name));
for (const name of names) keep(locate(name, ''), false);
for (const name of BUILD_TOOLS) keep(locate(name, ''), true);
const node = `node-linux-${cpu}`;
// Without its `os` and `cpu`: it is installed where the image is built, and run where the image is run.
kept[`node_modules/${node}`] = { version: NODE_VERSION, integrity: NODE_INTEGRITY[cpu], license: 'MIT' };

const manifest = {
  name: 'whisper-stt-server',
  version: service.version,
  private: true,
  license: service.license,
  dependencies: { ...exact(names), [node]: NODE_VERSION },
  devDependencies: exact(BUILD_TOOLS),
  overrides: root.overrides,
};
mkdirSync(folder, { recursive: true });
writeJson('package.json', manifest);
const { name, version, license, dependencies, devDependencies } = manifest;
writeJson('package-lock.json', {
  name,
  version,
  lockfileVersion,
  requires: true,
  packages: { '': { name, version, license, dependencies, devDependencies }, ...sorted(kept) },
});

function exact(wanted) {
  return Object.fromEntries(wanted.map((each) => [each, packages[`node_modules/${each}`].version]));
}

function sorted(record) {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function writeJson(file, content) {
  writeFileSync(path.join(folder, file), `${JSON.stringify(content, null, 2)}\n`);
}
