import { readFile } from 'node:fs/promises';
import { sample } from '../../support/nano';
import { cpuSecondsOfStat } from '../../support/processes';
import { kubectl } from '../kubectl';
import type { Deployment, KubernetesObject } from '../objects';
import { until } from '../until';
import type { ContainerCgroup } from './container-cgroup';
import { cpuNumbers, environmentOf, mountOptions, onlineCpus, statusField, threadsOf } from './container-cgroup';
import { cgroupOf, DeployedService, transcribe, type RunningPod } from './deployed-service';
import { prove } from './proof';
import { describeOnNode } from './real-node';

/** Share of the busiest thread's time that makes a thread one of inference: JavaScript's helpers stay far below. */
const BUSY_SHARE = 0.15;

const NAMESPACE = 'pinning';

/** A pod without CPUs of its own. */
function neighbour(image: string): object {
  const memory = { memory: '64Mi' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'neighbour', namespace: NAMESPACE },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'neighbour',
          image,
          command: ['/usr/local/bin/node', '-e', 'setInterval(() => {}, 1000)'],
          resources: { requests: memory, limits: { memory: '128Mi' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}

/** CPU time of each thread of a process. */
async function cpuSecondsByThread(pid: number): Promise<ReadonlyMap<string, number>> {
  const entries = threadsOf(pid).map(async (task) => {
    return [task, cpuSecondsOfStat(await readFile(`/proc/${pid}/task/${task}/stat`, 'utf8'))] as const;
  });
  return new Map(await Promise.all(entries));
}

describeOnNode('a pod on its own CPU', () => {
  let service: DeployedService;
  let pod: RunningPod;
  let cgroup: ContainerCgroup;
  let server: number;
  beforeAll(async () => {
    service = await DeployedService.apply({ namespace: NAMESPACE });
    pod = await service.pod();
    cgroup = cgroupOf(pod);
    server = cgroup.serverPid();
  });

  test('is Guaranteed', () => {
    expect(pod.status.qosClass).toBe('Guaranteed');
    prove('guaranteed', `\`status.qosClass\` is ${pod.status.qosClass}`);
  });

  test('is pinned, as its process sees it', () => {
    const list = statusField(server, 'Cpus_allowed_list');
    expect(cpuNumbers(list)).toHaveLength(1);
    expect(cpuNumbers(statusField(cgroup.enginePid()!, 'Cpus_allowed_list'))).toEqual(cpuNumbers(list));
    prove('pinned-inside', `\`Cpus_allowed_list\` of server and engine is ${list}, of ${onlineCpus().length} CPUs`);
  });

  test('is pinned, as its cgroup says', () => {
    expect(cgroup.cpus()).toEqual(cpuNumbers(statusField(server, 'Cpus_allowed_list')));
    expect(cgroup.cpus()).toHaveLength(1);
    prove('pinned-outside', `\`cpuset.cpus\` is ${cgroup.cpus().join(',')}`);
  });

  test('keeps a Burstable neighbour off its CPU', async () => {
    const { image } = service.deployment.spec.template.spec.containers[0]!;
    await kubectl(['apply', '-f', '-'], JSON.stringify(neighbour(image)));
    await service.kubectl('wait', '--for=condition=Ready', 'pod/neighbour', '--timeout=60s');
    const other = await service.get<RunningPod>('pod/neighbour');
    expect(other.status.qosClass).toBe('Burstable');
    const shared = onlineCpus().filter((cpu) => !cgroup.cpus().includes(cpu));

    await until('the neighbour on what is left', () =>
      Promise.resolve(cgroupOf(other).cpus().join() === shared.join()),
    );

    const process = cgroupOf(other).serverPid();
    expect(cpuNumbers(statusField(process, 'Cpus_allowed_list'))).toEqual(shared);
    await service.kubectl('delete', 'pod/neighbour', '--now');
    prove('neighbour-kept-out', `the neighbour may run on ${shared.join(',')}, the pod has ${cgroup.cpus().join(',')}`);
  });

  test('has as many inference threads as CPUs', async () => {
    const engine = cgroup.enginePid()!;
    const before = await cpuSecondsByThread(engine);
    expect((await transcribe(pod, sample('long-en.wav').bytes)).status).toBe(200);
    const used = [...(await cpuSecondsByThread(engine))].map(([task, seconds]) => seconds - (before.get(task) ?? 0));
    const busiest = Math.max(...used);
    const inference = used.filter((seconds) => seconds > busiest * BUSY_SHARE).length;
    expect(inference).toBe(cgroup.cpus().length);
    prove(
      'threads-match',
      `${inference} of ${used.length} threads of the engine did inference (over ${BUSY_SHARE * 100} % of the busiest one's CPU time), on ${cgroup.cpus().length} CPU`,
    );
  });

  test('is not throttled by a quota', () => {
    expect(cgroup.cpuQuotaMicroseconds()).toBeUndefined();
    expect(cgroup.throttledPeriods()).toBe(0);
    prove('no-quota', 'no `cpu.cfs_quota_us`; 0 throttled periods after a transcription');
  });

  test('knows its memory limit', async () => {
    const bytes = 700 * 2 ** 20;
    expect(cgroup.memoryLimitBytes()).toBe(bytes);
    const log = await service.kubectl('logs', pod.metadata.name);
    const listening = log.split('\n').find((line) => line.includes('"listening"'))!;
    expect(JSON.parse(listening)).toMatchObject({ memoryBytes: bytes, threads: 1 });
    prove('memory-limit', `${bytes} bytes in the cgroup and in the server's log`);
  });

  test('has the environment of the manifest', () => {
    const { env = [] } = service.deployment.spec.template.spec.containers[0]!;
    const stated = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    expect(Object.keys(stated)).toEqual(expect.arrayContaining(['OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'STT_MODEL']));
    for (const pid of [server, cgroup.enginePid()!]) expect(environmentOf(pid)).toMatchObject(stated);
    prove(
      'environment',
      `all ${env.length} variables, OMP_NUM_THREADS=${stated.OMP_NUM_THREADS!} and MKL_NUM_THREADS=${stated.MKL_NUM_THREADS!} among them`,
    );
  });

  test('is sealed', () => {
    expect(statusField(server, 'Uid').split(/\s+/)).toEqual(['10001', '10001', '10001', '10001']);
    expect(statusField(server, 'CapEff')).toBe('0000000000000000');
    expect(statusField(server, 'NoNewPrivs')).toBe('1');
    expect(statusField(server, 'Seccomp')).toBe('2');
    expect(mountOptions(server, '/')).toContain('ro');
    prove('sealed', '`Uid` 10001, `CapEff` 0, `Seccomp` 2 (filter), `NoNewPrivs` 1, `/` mounted ro');
  });
});

describeOnNode('a pod whose requests are not its limits, by an escape hatch', () => {
  let service: DeployedService;
  afterAll(() => service.remove());

  test('is Burstable and shares its CPUs: what is shown above can fail', async () => {
    service = await DeployedService.apply({ namespace: NAMESPACE, change: withRequestsBelowLimits });
    const pod = await service.pod();
    const cgroup = cgroupOf(pod);

    expect(pod.status.qosClass).toBe('Burstable');
    expect(cgroup.cpus()).toEqual(onlineCpus());
    expect(cgroup.cpuQuotaMicroseconds()).toBe(100_000);
    prove(
      'negative-proof',
      `with \`requests.cpu: 500m\` it is Burstable, may run on ${cgroup.cpus().join(',')}, and has a quota of 100 000 µs`,
    );
  });
});

/** What the construct refuses to synthesize. */
function withRequestsBelowLimits(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'Deployment') return object;
  const changed = structuredClone(object) as Deployment & {
    spec: { template: { spec: { containers: [{ resources: { requests: Record<string, string> } }] } } };
  };
  changed.spec.template.spec.containers[0].resources.requests.cpu = '500m';
  return changed;
}
