import { isManifest } from '../cli/read-manifests';
import { objectName, type Manifest } from '../policy/manifest';

/** A Kubernetes object, and the file that it was written to. */
export interface SynthesizedObject {
  readonly path: string;
  readonly manifest: Manifest;
}

/**
 * Objects that belong together, for rules that look at several of them.
 *
 * An autoscaler and its Deployment share a namespace, in one file or in two. Where one namespace holds two objects of a
 * name, the files are for two clusters, and each is looked at by itself.
 */
export function objectGroups(paths: readonly string[], parse: (path: string) => unknown[]): SynthesizedObject[][] {
  const objects = paths.flatMap((path) =>
    parse(path)
      .filter(isManifest)
      .map((manifest) => ({ path, manifest })),
  );
  return groupBy(objects, ({ manifest }) => manifest.metadata.namespace ?? '').flatMap((group) => {
    const names = new Set(group.map(({ manifest }) => objectName(manifest)));
    return names.size === group.length ? [group] : groupBy(group, ({ path }) => path);
  });
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(item);
  }
  return [...groups.values()];
}
