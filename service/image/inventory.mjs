// What an image holds and what it weighs:
//
//   inventory.mjs ARCHIVE SBOM [MARKDOWN]
//
// Writes the software bill of materials and, if asked, docs/image.md. Fails when an image of the embedded model is
// heavier than promised.
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inputsHash } from './inputs-hash.mjs';
import { licencesOf, sbomOf } from './sbom.mjs';

const REPOSITORY = path.resolve(fileURLToPath(import.meta.url), '../../..');
/** Most that everything but base and Node may weigh with the embedded model, in bytes. */
const BUDGET_BYTES = 120e6;

const [archive, sbomFile, markdownFile] = process.argv.slice(2);
const work = mkdtempSync(path.join(os.tmpdir(), 'image-'));
try {
  execFileSync(path.join(REPOSITORY, 'service/image/unpack.sh'), [archive, work]);
  const root = path.join(work, 'rootfs');
  const { architecture, config } = JSON.parse(readFileSync(path.join(work, 'config.json'), 'utf8'));
  const sbom = sbomOf(root);
  writeFileSync(sbomFile, `${JSON.stringify(sbom, null, 2)}\n`);
  const parts = weigh(root);
  const own = sum(parts.filter(({ own }) => own));
  const rows = [...parts, { part: 'everything but base and Node', bytes: own }, { part: 'all', bytes: sum(parts) }];
  for (const { part, bytes } of rows) console.log(`${megabytes(bytes).padStart(7)} MB  ${part}`);
  console.log(`${megabytes(statSync(archive).size).padStart(7)} MB  packed`);
  if (config.Env.includes('STT_MODEL=nano') && own > BUDGET_BYTES) {
    throw new Error(
      `everything but base and Node weighs ${megabytes(own)} MB, more than ${megabytes(BUDGET_BYTES)} MB`,
    );
  }
  if (markdownFile) {
    writeFileSync(markdownFile, markdown(architecture, rows, statSync(archive).size, sbom));
    const prettier = path.join(REPOSITORY, 'node_modules/prettier/bin/prettier.cjs');
    execFileSync(process.execPath, [prettier, '--log-level=warn', '--write', markdownFile], { stdio: 'inherit' });
  }
} finally {
  rmSync(work, { recursive: true });
}

function weigh(root) {
  const bytes = (folder) => treeBytes(path.join(root, folder));
  const modules = 'app/node_modules';
  const node = bytes('usr/local/bin/node');
  const onnxRuntime = bytes(`${modules}/onnxruntime-node`);
  const nodeFiles = sum(
    readdirSync(path.join(root, modules))
      .filter((name) => name.startsWith('node-linux-'))
      .map((name) => ({ bytes: bytes(`${modules}/${name}`) })),
  );
  const packages = bytes(modules) - onnxRuntime - nodeFiles;
  const app = bytes('app');
  const models = bytes('models');
  return [
    { part: 'base: Debian packages', bytes: treeBytes(root) - node - app - models },
    { part: 'Node, its licences included', bytes: node + nodeFiles },
    { part: 'ONNX Runtime', bytes: onnxRuntime, own: true },
    { part: 'other npm packages', bytes: packages, own: true },
    { part: 'server', bytes: app - bytes(modules), own: true },
    { part: 'model', bytes: models, own: true },
  ];
}

function treeBytes(file) {
  const status = lstatSync(file);
  if (!status.isDirectory()) return status.size;
  return sum(readdirSync(file).map((name) => ({ bytes: treeBytes(path.join(file, name)) })));
}

function sum(items) {
  return items.reduce((total, { bytes }) => total + bytes, 0);
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

function markdown(architecture, rows, packed, { components }) {
  const of = (...kinds) => components.filter(({ purl }) => kinds.some((kind) => purl.startsWith(`pkg:${kind}/`)));
  const inventory = (packages) =>
    table(
      ['package', 'version', 'licences'],
      packages.map((each) => [each.name, each.version, licencesOf(each)]),
    );
  const template = readFileSync(path.join(REPOSITORY, 'service/image/image.template.md'), 'utf8');
  const values = {
    inputs: inputsHash(),
    architecture,
    weights: table(
      ['part', 'MB'],
      rows.map(({ part, bytes }) => [part, megabytes(bytes)]),
    ),
    packed: megabytes(packed),
    debian: inventory(of('deb')),
    npm: inventory(of('npm')),
    bundled: inventory(of('cargo', 'pypi')),
  };
  return template.replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]);
}

function table(head, body) {
  return [head, head.map(() => '-'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
