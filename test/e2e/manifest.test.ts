import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ENV } from '../../lib/contract';
import { REPOSITORY } from '../support/built';
import { ControlGroup, onlineCpus } from '../support/cgroup';
import { describeUnless } from '../support/describe-unless';
import { Kubelet, type Probes } from '../support/kubelet';
import { NANO, sample } from '../support/nano';
import { cpuSeconds, untilIdle } from '../support/processes';
import { ServerProcess, transcriptionRequest } from '../support/server-process';

interface Container extends Probes {
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly resources: { readonly limits: { readonly cpu: string; readonly memory: string } };
  readonly ports: readonly { readonly containerPort: number }[];
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

const pod = committedPod();
const [container] = pod.containers;
const cpus = Number(container.resources.limits.cpu);
const memoryBytes = Number(/^(\d+)Mi$/.exec(container.resources.limits.memory)![1]) * 2 ** 20;
/** CPU time after which the engine is in the middle of a window. */
const WORKING_CPU_SECONDS = 0.05;
const unavailable =
  ControlGroup.unavailable() ??
  (onlineCpus() < cpus ? `${onlineCpus()} CPUs, the manifest asks for ${cpus}` : undefined);

// The weights of `tiny` are not part of this repository: the store holds the embedded model under the manifest's name.
describeUnless(unavailable, 'the server, started as the committed manifest says', () => {
  const name = `whisper-stt-manifest-${process.pid}`;
  let group: ControlGroup;
  let store: string;
  let server: ServerProcess;
  let kubelet: Kubelet;
  /** The text of `long-en.wav` that nothing disturbed. */
  let undisturbed: string;

  const textOf = async (response: Response): Promise<string> => {
    expect(response.status).toBe(200);
    return ((await response.json()) as { text: string }).text;
  };

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
    kubelet = new Kubelet(container);
  });
  afterAll(async () => {
    await server.stop('SIGKILL');
    await group.remove();
    rmSync(store, { recursive: true });
    await kubelet.stop();
  });

  it('becomes ready on the schedule of its probes, and sees its limits', async () => {
    await kubelet.until(() => kubelet.ready);
    expect(kubelet.started).toBe(true);
    expect(server.find('listening')).toMatchObject({
      port: container.ports[0]!.containerPort,
      model: 'tiny',
      threads: cpus,
      memoryBytes,
    });
    expect(server.log.filter(({ level }) => (level as number) >= 40)).toEqual([]);
  }, 150_000);

  it('transcribes once it is ready, and answers its probes meanwhile', async () => {
    expect(kubelet.ready).toBe(true);
    const response = await kubelet.during(transcriptionRequest(server, sample('en-01.wav').bytes));
    expect(await textOf(response)).toBe(sample('en-01.wav').text);
    const probedBefore = kubelet.outcomes.length;
    // Until liveness, which begins last, has been asked under load.
    do {
      undisturbed = await textOf(await kubelet.during(transcriptionRequest(server, sample('long-en.wav').bytes)));
    } while (kubelet.of('liveness').length === 0);
    expect(kubelet.outcomes.slice(probedBefore).filter(({ success }) => !success)).toEqual([]);
    console.log(
      `working set: ${(group.workingSetBytes() / 2 ** 20).toFixed(0)}Mi of ${container.resources.limits.memory}`,
    );
  }, 120_000);

  it('is not ready from SIGTERM on, and ends within its grace period with what is in flight answered', async () => {
    const idle = await untilIdle(server.enginePid);
    // Directly after one answer, so that the next probe comes before the listener closes.
    const answered = kubelet.of('readiness').length;
    await kubelet.until(() => kubelet.of('readiness').length > answered);
    const inFlight = transcriptionRequest(server, sample('long-en.wav').bytes);
    await server.until(
      async () => (await cpuSeconds(server.enginePid)) > idle + WORKING_CPU_SECONDS,
      'the engine to work',
    );
    expect(kubelet.ready).toBe(true);
    kubelet.podDeleted();
    const probed = kubelet.of('readiness').length;
    const started = Date.now();
    const ended = server.stop();
    expect(await textOf(await inFlight)).toBe(undisturbed);
    expect(await ended).toEqual({ code: 0, signal: null });
    const seconds = (Date.now() - started) / 1000;
    await kubelet.stop();
    const duringDrain = kubelet.of('readiness').slice(probed);
    expect(duringDrain[0]).toMatchObject({ success: false, status: 503 });
    expect(duringDrain.filter(({ success }) => success)).toEqual([]);
    console.log(
      `ended ${seconds.toFixed(1)} s after SIGTERM; the grace period is ${pod.terminationGracePeriodSeconds} s`,
    );
    expect(seconds).toBeLessThan(pod.terminationGracePeriodSeconds);
  }, 120_000);
});
