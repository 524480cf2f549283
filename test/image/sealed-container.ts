import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { REPOSITORY } from '../support/built';
import type { UnpackedImage } from './image-archive';

const POLL_MS = 10;

/** The container of the committed manifest. */
interface ManifestContainer {
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly resources: { readonly limits: { readonly cpu: string; readonly memory: string } };
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
}

/** Bind mount of a file of this machine over one of the image. */
export interface ReplacedFile {
  readonly at: string;
  readonly by: string;
}

/** Why no container can be run here, or undefined where one can. */
export function containersUnavailable(): string | undefined {
  if (process.env.IMAGE_UNAVAILABLE) return process.env.IMAGE_UNAVAILABLE;
  if (process.getuid?.() !== 0) return 'not root';
  if (spawnSync('runc', ['--version']).status !== 0) return 'runc is not installed';
  return spawnSync('unshare', ['--mount', 'true']).status === 0 ? undefined : 'no mount namespaces';
}

export function manifestContainer(): ManifestContainer {
  const text = readFileSync(path.join(REPOSITORY, 'dist/voice-agent-phase5.k8s.yaml'), 'utf8');
  const objects = parseAllDocuments(text).map((document) => document.toJS() as { kind: string });
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
    spec: { template: { spec: { containers: [ManifestContainer] } } };
  };
  return deployment.spec.template.spec.containers[0];
}

/** Memory limit of the manifest, in bytes. */
export function manifestMemoryBytes(): number {
  return Number(/^(\d+)Mi$/.exec(manifestContainer().resources.limits.memory)![1]) * 2 ** 20;
}

/** The image run by runc as the manifest says: user, limits, read-only root, tmpfs on /tmp, no capability. */
export class SealedContainer {
  readonly log: { readonly msg: string; readonly [field: string]: unknown }[] = [];
  readonly started = performance.now();
  output = '';

  static run(image: UnpackedImage, replaced: readonly ReplacedFile[] = []): SealedContainer {
    const bundle = mkdtempSync(path.join(os.tmpdir(), 'bundle-'));
    writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(runtimeSpec(image, replaced)));
    return new SealedContainer(bundle);
  }

  private readonly name: string;
  private readonly child: ChildProcess;

  private constructor(private readonly bundle: string) {
    this.name = `whisper-stt-${path.basename(bundle)}`;
    this.child = spawn('runc', ['run', '--bundle', bundle, this.name], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (line.startsWith('{')) this.log.push(JSON.parse(line) as SealedContainer['log'][number]);
        else this.output += `${line}\n`;
      });
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.find('listening')!.port as number}`;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null;
  }

  find(message: string): SealedContainer['log'][number] | undefined {
    return this.log.find(({ msg }) => msg === message);
  }

  /** Every process of the container, its first one first; none before it was made. */
  processes(): number[] {
    const { stdout, status } = spawnSync('runc', ['ps', '--format', 'json', this.name], { encoding: 'utf8' });
    return status === 0 ? (JSON.parse(stdout) as number[]).sort((a, b) => a - b) : [];
  }

  async untilReady(): Promise<void> {
    await this.until('the listener', () => this.find('listening') !== undefined);
    await this.until('readiness', async () => (await fetch(`${this.url}/readyz`)).ok);
  }

  async until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await condition())) {
      if (!this.isRunning || performance.now() > deadline) {
        throw new Error(`waited in vain for ${what}:\n${this.output}${JSON.stringify(this.log)}`);
      }
      await sleep(POLL_MS);
    }
  }

  signal(signal: NodeJS.Signals): void {
    spawnSync('runc', ['kill', this.name, signal]);
  }

  /** Exit code of the container; what it leaves on disk is removed. */
  async exit(): Promise<number | null> {
    if (this.isRunning) await once(this.child, 'exit');
    spawnSync('runc', ['delete', '--force', this.name]);
    rmSync(this.bundle, { recursive: true });
    return this.child.exitCode;
  }
}

/** What containerd would hand to runc for the manifest; the network is this machine's, on a port that is free. */
function runtimeSpec({ root, config: { config } }: UnpackedImage, replaced: readonly ReplacedFile[]): object {
  const { env, resources, securityContext } = manifestContainer();
  const environment = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  const stated = { ...environment, STT_HOST: '127.0.0.1', STT_PORT: '0', STT_MODEL: 'nano' };
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: securityContext.runAsUser, gid: securityContext.runAsGroup },
      args: [...config.Entrypoint, ...config.Cmd],
      env: [...config.Env, ...Object.entries(stated).map((pair) => pair.join('='))],
      cwd: config.WorkingDir,
      capabilities: { bounding: [], effective: [], permitted: [] },
      noNewPrivileges: true,
    },
    root: { path: root, readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'noexec', 'mode=755', 'size=64k'] },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'size=32m'] },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
      { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
      ...replaced.map(({ at, by }) => ({ destination: at, type: 'bind', source: by, options: ['bind', 'ro'] })),
    ],
    linux: {
      resources: {
        memory: { limit: manifestMemoryBytes() },
        cpu: { quota: Number(resources.limits.cpu) * 100_000, period: 100_000 },
      },
      namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
    },
  };
}
