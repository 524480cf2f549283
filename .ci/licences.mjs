// The licences of all that the server's image holds beside its base system: npm's packages, Node.js itself, and what the
// server's own files hold of others. Prints them as a table, and fails where one is not on the list below.
//
//   licences.mjs        (in the repository's root, after npm ci)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundled, licencesOf } from '../service/image/sbom.mjs';

/** SPDX identifiers, each with why it may be in what users deploy. */
const ALLOWED = {
  MIT: 'attribution',
  ISC: 'attribution',
  'BSD-2-Clause': 'attribution',
  'BSD-3-Clause': 'attribution',
  'Apache-2.0': 'attribution; our own',
  '0BSD': 'no condition',
  'BlueOak-1.0.0': 'attribution',
  'MPL-2.0': 'by file: the codecs, unchanged; service/src/audio/codecs/rust/NOTICE names their sources',
};

const ARCHITECTURES = ['amd64', 'arm64'];

/**
 * Whether an SPDX expression can be met with allowed licences alone. One that mixes AND and OR needs all that it names
 * to be allowed.
 *
 * @param {string} expression
 */
export function isAllowed(expression) {
  const names = expression.replace(/[()]/g, ' ').trim();
  const choice = names.includes(' OR ') && !names.includes(' AND ');
  const parts = names.split(/\s+(?:AND|OR)\s+/);
  const allowed = (name) => Object.hasOwn(ALLOWED, name);
  return choice ? parts.some(allowed) : parts.every(allowed);
}

/** What the image of an architecture is installed from, less what is needed to build it. */
function installed(architecture) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'licences-'));
  try {
    execFileSync(process.execPath, ['service/image/serving-packages.mjs', architecture, folder]);
    const { packages } = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8'));
    return Object.entries(packages)
      .filter(([location, { dev }]) => location !== '' && !dev)
      .map(([location, { version, license }]) => ({
        name: location.slice(location.lastIndexOf('node_modules/') + 'node_modules/'.length),
        version,
        licence: license ?? 'none stated',
      }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function everything() {
  const own = bundled('.').map((component) => ({ ...component, licence: licencesOf(component) }));
  const all = [...ARCHITECTURES.flatMap(installed), ...own];
  const byName = new Map(all.map((each) => [`${each.name}@${each.version}`, each]));
  return [...byName.values()].sort((a, b) => a.name.localeCompare(b.name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = everything();
  const widest = Math.max(...all.map(({ name, version }) => `${name} ${version}`.length));
  for (const { name, version, licence } of all) console.log(`${`${name} ${version}`.padEnd(widest)}  ${licence}`);
  const refused = all.filter(({ licence }) => !isAllowed(licence));
  for (const { name, version, licence } of refused) {
    console.error(`${name} ${version}: ${licence} is not among ${Object.keys(ALLOWED).join(', ')} (.ci/licences.mjs)`);
  }
  console.log(`${all.length} components, ${refused.length} with a licence that is not allowed`);
  if (refused.length > 0) process.exit(1);
}
