// The software bill of materials of an unpacked image, as CycloneDX: `npm sbom` for what npm installed, the list of Debian
// packages that the base carries, and what the server's own files hold of others.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @param {string} root folder of the image's file system
 * @returns {object} CycloneDX 1.5
 * @throws when the image holds a package that the lockfile does not name, or the other way round
 */
export function sbomOf(root) {
  const app = path.join(root, 'app');
  // The lockfile that the image was installed from: `npm sbom` would take pruned packages for broken ones.
  const arguments_ = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--omit=dev'];
  const sbom = JSON.parse(execFileSync('npm', arguments_, { cwd: app, encoding: 'utf8' }));
  // Random and the time: the same image has the same bill.
  delete sbom.serialNumber;
  delete sbom.metadata.timestamp;
  compareWithInstalled(sbom.components, path.join(app, 'node_modules'));
  sbom.components.push(...debianPackages(root), ...bundled(app));
  return sbom;
}

const REPOSITORY = path.resolve(fileURLToPath(import.meta.url), '../../..');
const CARGO_LOCK = path.join(REPOSITORY, 'service/src/audio/codecs/rust/Cargo.lock');

/** Licences of the crates whose code is in the codecs' WebAssembly; the other crates of the lock only help to build it. */
const CODEC_LICENCES = { symphonia: 'MPL-2.0', 'unsafe-libopus': 'BSD-3-Clause' };

/**
 * The crates in the codecs' WebAssembly, and the model of the speech detector.
 *
 * @param {string} app folder that holds the server's own files
 */
export function bundled(app) {
  const crates = [...readFileSync(CARGO_LOCK, 'utf8').matchAll(/^name = "(.*)"\nversion = "(.*)"$/gm)]
    .map(([, name, version]) => ({
      name,
      version,
      licence: CODEC_LICENCES[name.replace(/^symphonia-.*/, 'symphonia')],
    }))
    .filter(({ licence }) => licence)
    .map(({ name, version, licence }) => component(`pkg:cargo/${name}@${version}`, 'library', name, version, licence));
  const readme = path.join(app, 'service/models/silero-vad/README.md');
  const silero = /Silero VAD\]\(.*?\) ([\d.]+), (\S+) \(LICENSE\)/.exec(readFileSync(readme, 'utf8'));
  if (!silero) throw new Error(`${readme} does not say which Silero VAD it is`);
  const [, version, licence] = silero;
  const purl = `pkg:pypi/silero-vad@${version}`;
  const detector = component(purl, 'machine-learning-model', 'silero-vad', version, licence);
  const notes = 'Modified: its convolutions are matrix products (service/src/compiler/speech-detector-graph.ts).';
  return [...crates, { ...detector, pedigree: { notes } }];
}

function component(purl, type, name, version, licence) {
  return { 'bom-ref': purl, type, name, version, scope: 'required', purl, licenses: [{ license: { id: licence } }] };
}

/** The licences of a component, for people. */
export function licencesOf({ licenses = [] }) {
  return licenses.map(({ license, expression }) => expression ?? license.id ?? license.name).join(', ');
}

function compareWithInstalled(components, modules) {
  const listed = components.map(({ name, version }) => `${name}@${version}`).sort();
  const installed = installedPackages(modules).sort();
  const difference = [
    ...listed.filter((each) => !installed.includes(each)).map((each) => `${each} is listed and not installed`),
    ...installed.filter((each) => !listed.includes(each)).map((each) => `${each} is installed and not listed`),
  ];
  if (difference.length > 0)
    throw new Error(`the bill of materials is not what the image holds: ${difference.join(', ')}`);
}

/** Every package below a node_modules folder, as `name@version`; nested ones too. */
function installedPackages(modules) {
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(path.join(modules, name)).map((each) => `${name}/${each}`) : name,
    )
    .flatMap((name) => {
      const folder = path.join(modules, name);
      const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
      return [`${name}@${version}`, ...installedPackages(path.join(folder, 'node_modules'))];
    });
}

/** As distroless images list them, and `debian-base.sh` does: one file a package. */
function debianPackages(root) {
  const folder = path.join(root, 'var/lib/dpkg/status.d');
  if (!existsSync(folder)) throw new Error(`the base lists no Debian packages (/var/lib/dpkg/status.d)`);
  const names = readdirSync(folder).filter((name) => !name.endsWith('.md5sums'));
  return names.map((name) => {
    const control = readFileSync(path.join(folder, name), 'utf8');
    const field = (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(control)?.[1];
    const version = field('Version');
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${field('Architecture')}`;
    return {
      'bom-ref': purl,
      type: 'library',
      name,
      version,
      scope: 'required',
      purl,
      licenses: debianLicences(root, name),
    };
  });
}

/** What a package's copyright file names: its License fields, and the common licences that it refers to. */
function debianLicences(root, name) {
  const copyright = readFileSync(copyrightFile(root, name), 'utf8');
  const named = [...copyright.matchAll(/^License: *(\S.*)$/gm), ...copyright.matchAll(/common-licenses\/([\w.-]*\w)/g)];
  const licences = [...new Set(named.map(([, licence]) => licence))].sort();
  return licences.map((licence) => ({ license: { name: licence } }));
}

function copyrightFile(root, name) {
  const doc = path.join(root, 'usr/share/doc');
  const file = path.join(doc, name, 'copyright');
  // The packages of one source share a folder: a relative link to it.
  return existsSync(file) ? file : path.join(doc, 'gcc-12-base/copyright');
}
