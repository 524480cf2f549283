import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import type { Manifest } from '../policy/manifest';

const YAML_FILE = /\.ya?ml$/;

/**
 * Kubernetes objects of YAML files.
 *
 * @param path a file, or a folder, whose files and subfolders are read in the order of their names
 * @throws when there is nothing to read; the message says what to do
 */
export function readManifests(path: string): Manifest[] {
  if (!existsSync(path)) {
    throw new Error(
      `[path-missing] ${path} does not exist. Run \`cdk8s synth\` first, or give the folder that it wrote.`,
    );
  }
  const manifests = yamlFiles(path)
    .flatMap((file) => Yaml.load(file) as unknown[])
    .filter(isManifest);
  if (manifests.length === 0) {
    throw new Error(
      `[no-manifests] ${path} holds no Kubernetes object in a .yaml or .yml file. Give the folder of cdk8s.`,
    );
  }
  return manifests;
}

function yamlFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) {
    return [path];
  }
  return readdirSync(path, { withFileTypes: true })
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .filter((entry) => entry.isDirectory() || YAML_FILE.test(entry.name))
    .flatMap((entry) => yamlFiles(join(path, entry.name)));
}

/** Empty documents and files of other tools lie in the same folders. */
export function isManifest(document: unknown): document is Manifest {
  const { kind, metadata } = (document ?? {}) as Partial<Manifest>;
  return typeof kind === 'string' && typeof metadata?.name === 'string';
}
