import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { ENV } from '../../lib/contract';
import { REPOSITORY } from '../support/built';
import { ControlGroup, onlineCpus } from '../support/cgroup';
import { NANO, sample } from '../support/nano';
import { ServerProcess, transcriptionRequest } from '../support/server-process';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: number };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

interface Container {
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly resources: { readonly limits: { readonly cpu: string; readonly memory: string } };
  readonly ports: readonly { readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

interface PodSpec {
  readonly containers: readonly [Container];
  readonly terminationGracePeriodSeconds: number;
}

/** The pod of the committed manifest: what a cluster would be given. */
function committedPod(): PodSpec {
  const text = readFileSync(path.join(REPOSITORY, 'dist/voice-agent-phase5.k8s.yaml'), 'utf8');
  const objects = parseAllDocuments(text).map((document) => document.toJS() as { kind: string; spec: unknown });
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
    spec: { template: { spec: PodSpec } };
  };
  return deployment.spec.template.spec;
}

/** Asks a probe as the kubelet does, and returns how many attempts it took to succeed. */
async function probeUntilSuccess(
  server: ServerProcess,
  { httpGet, periodSeconds, timeoutSeconds, failureThreshold }: Probe,
): Promise<number> {
  for (let attempt = 1; attempt <= failureThreshold; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${httpGet.port}${httpGet.path}`, {
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    }).catch(() => undefined);
    if (answer && answer.status >= 200 && answer.status < 400) return attempt;
    await sleep(periodSeconds * 1000);
  }
  throw new Error(`${httpGet.path} failed ${failureThreshold} times\n${server.output}${JSON.stringify(server.log)}`);
}

const pod = committedPod();
const [container] = pod.containers;
const cpus = Number(container.resources.limits.cpu);
const memoryBytes = Number(/^(\d+)Mi$/.exec(container.resources.limits.memory)![1]) * 2 ** 20;
const unavailable =
  ControlGroup.unavailable() ??
  (onlineCpus() < cpus ? `${onlineCpus()} CPUs, the manifest asks for ${cpus}` : undefined);
if (unavailable) console.warn(`skipped: the manifest's limits cannot be set here (${unavailable})`);
const describeUnderLimits = unavailable ? describe.skip : describe;

// The weights of `tiny` are not part of this repository: the store holds the embedded model under the manifest's name.
describeUnderLimits('the server, started as the committed manifest says', () => {
  const name = `whisper-stt-manifest-${process.pid}`;
  let group: ControlGroup;
  let store: string;
  let server: ServerProcess;

  beforeAll(() => {
    group = ControlGroup.create(name, { memoryBytes, cpus });
    store = mkdtempSync(path.join(os.tmpdir(), 'model-store-'));
    const environment = Object.fromEntries(container.env.map(({ name: key, value }) => [key, value]));
    symlinkSync(NANO, path.join(store, environment[ENV.model]!));
    server = ServerProcess.spawn(
      {
        ...environment,
        // The one difference: the image's model store lies elsewhere on this machine.
        [ENV.modelStore]: store,
      },
      group.wrap,
    );
  });
  afterAll(async () => {
    await server.stop('SIGKILL');
    await group.remove();
    rmSync(store, { recursive: true });
  });

  it('becomes ready on the schedule of its probes, and sees its limits', async () => {
    await probeUntilSuccess(server, container.startupProbe);
    await probeUntilSuccess(server, container.readinessProbe);
    await probeUntilSuccess(server, container.livenessProbe);
    expect(server.find('listening')).toMatchObject({
      port: container.ports[0]!.containerPort,
      model: 'tiny',
      threads: cpus,
      memoryBytes,
    });
    expect(server.log.filter(({ level }) => (level as number) >= 40)).toEqual([]);
  }, 150_000);

  it('transcribes', async () => {
    const response = await transcriptionRequest(server, sample('en-01.wav').bytes);
    expect(await response.json()).toMatchObject({ text: sample('en-01.wav').text });
    console.log(
      `working set: ${(group.workingSetBytes() / 2 ** 20).toFixed(0)}Mi of ${container.resources.limits.memory}`,
    );
  });

  it('ends within its grace period after SIGTERM, with what is in flight answered', async () => {
    const inFlight = transcriptionRequest(server, sample('long-en.wav').bytes);
    await server.until(() => server.log.length > 0, 'the log');
    const started = Date.now();
    const ended = server.stop();
    expect((await inFlight).status).toBe(200);
    expect(await ended).toEqual({ code: 0, signal: null });
    const seconds = (Date.now() - started) / 1000;
    console.log(
      `ended ${seconds.toFixed(1)} s after SIGTERM; the grace period is ${pod.terminationGracePeriodSeconds} s`,
    );
    expect(seconds).toBeLessThan(pod.terminationGracePeriodSeconds);
  }, 120_000);
});
