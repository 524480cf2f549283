import { readdirSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from './control-plane';
import { kubectl } from './kubectl';
import { apply } from './synthesized-app';

/** The pinned definitions that the bindings of imports/ are made from. */
const CRDS = path.join(REPOSITORY, 'imports/crds');

/** What an app finds in a real cluster because other people installed it. */
const OTHERS = [
  // NVIDIA's GPU operator.
  { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'nvidia' }, handler: 'nvidia' },
];

/** The pool whose kubelets pin CPUs: all nodes, here. */
const POOL = 'node-pool=pinned-cpus';

/** Prepares the control plane before the first test. */
export default async function surroundings(): Promise<void> {
  const files = readdirSync(CRDS).filter((file) => file.endsWith('.yaml'));
  for (const args of [
    ['apply', '--server-side', ...files.map((file) => `--filename=${path.join(CRDS, file)}`)],
    ['label', 'nodes', '--all', '--overwrite', POOL],
    ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'],
    // The pool that the app production wants: kubelets with static CPU managers.
    ['label', 'nodes', '--all', 'node-pool=pinned-cpus', '--overwrite'],
  ]) {
    succeed(await kubectl(args));
  }
  succeed(await apply(OTHERS));
}

function succeed({ code, stderr }: Awaited<ReturnType<typeof kubectl>>): void {
  if (code !== 0) throw new Error(`the surroundings of the apps could not be installed: ${stderr}`);
}
