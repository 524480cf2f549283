// Takes away what installed packages hold and the server does not read, and moves Node to where it is run from:
//
//   prune-packages.mjs amd64|arm64 APP_FOLDER RUNTIME_FOLDER
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { npmCpu } from './npm-cpu.mjs';

const [architecture, app, runtime] = process.argv.slice(2);
const cpu = npmCpu(architecture);
const modules = path.join(app, 'node_modules');

// Node, with the licences of all that is compiled into it; its headers and manuals are not needed to run it.
const node = path.join(modules, `node-linux-${cpu}`);
mkdirSync(path.join(runtime, 'usr/local/bin'), { recursive: true });
renameSync(path.join(node, 'bin/node'), path.join(runtime, 'usr/local/bin/node'));
keepOnly(node, ['LICENSE', 'package.json']);

// ONNX Runtime comes for every platform.
const onnxRuntime = path.join(modules, 'onnxruntime-node');
for (const napi of readdirSync(path.join(onnxRuntime, 'bin'))) {
  keepOnly(path.join(onnxRuntime, 'bin', napi), ['linux']);
  keepOnly(path.join(onnxRuntime, 'bin', napi, 'linux'), [cpu]);
}
rmSync(path.join(onnxRuntime, 'script'), { recursive: true });

// OpenTelemetry's packages come thrice: as Node loads them, and twice for bundlers. Of its thousands of names, the libraries
// load the stable ones.
const openTelemetry = path.join(modules, '@opentelemetry');
for (const name of readdirSync(openTelemetry)) {
  for (const build of ['esm', 'esnext']) {
    rmSync(path.join(openTelemetry, name, 'build', build), { recursive: true, force: true });
  }
}
const conventions = path.join(openTelemetry, 'semantic-conventions/dist');
for (const name of readdirSync(conventions, { recursive: true })) {
  if (/\.mjs$|(^|\/)(experimental_|index-incubating)/.test(name)) rmSync(path.join(conventions, name));
}

// TypeScript, source maps and tests. Licences and readme files stay.
for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
  const file = path.join(entry.parentPath, entry.name);
  const unread = entry.isDirectory()
    ? /^(\.bin|\.github|@types|test|tests|docs|examples|benchmarks?)$/
    : /\.([cm]?ts|map)$/;
  if (unread.test(entry.name)) rmSync(file, { recursive: true, force: true });
}

function keepOnly(folder, names) {
  for (const name of readdirSync(folder)) {
    if (!names.includes(name)) rmSync(path.join(folder, name), { recursive: true });
  }
}
