import { sample } from '../../support/nano';
import { cpuSeconds } from '../../support/processes';
import { shell } from '../kubectl';
import { until } from '../until';
import { end, offerToOomKiller, onlineCpus } from './container-cgroup';
import { cgroupOf, DeployedService, transcribe, type RunningPod } from './deployed-service';
import { prove } from './proof';
import { describeOnNode } from './real-node';

const NAMESPACE = 'endings';
/** Enough work that it goes on while the pod is told to end. */
const REQUESTS = 4;
/** CPU time of the engine by which a request has surely reached it. */
const AT_WORK_CPU_SECONDS = 0.2;

/** Requests that the engine of a pod is at work on. */
async function inFlight(pod: RunningPod): Promise<Promise<{ readonly status: number }>[]> {
  const engine = cgroupOf(pod).enginePid()!;
  const idle = await cpuSeconds(engine);
  const requests = Array.from({ length: REQUESTS }, () => transcribe(pod, sample('long-en.wav').bytes));
  await until('the engine at work', async () => (await cpuSeconds(engine)) > idle + AT_WORK_CPU_SECONDS, {
    pollMs: 20,
  });
  return requests;
}

const restarts = (pod: RunningPod): number => pod.status.containerStatuses[0].restartCount;

describeOnNode('the end of a pod', () => {
  let service: DeployedService;
  let gracePeriodSeconds: number;
  beforeEach(async () => {
    service = await DeployedService.apply({ namespace: NAMESPACE });
    const { spec } = service.deployment.spec.template as unknown as { spec: { terminationGracePeriodSeconds: number } };
    gracePeriodSeconds = spec.terminationGracePeriodSeconds;
  });

  test('answers what is in flight when it is deleted, within the grace period', async () => {
    const pod = await service.pod();
    const requests = await inFlight(pod);
    const started = Date.now();
    const log = shell(`kubectl logs -f --tail=3 -n ${service.namespace} ${pod.metadata.name}`);
    const deleted = service.kubectl('delete', 'pod', pod.metadata.name, '--timeout=120s');

    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    await deleted;
    const seconds = (Date.now() - started) / 1000;
    const { stdout } = await log;

    expect(statuses).toEqual(statuses.map(() => 200));
    expect(stdout).toContain('"draining"');
    expect(stdout).toContain('"stopped"');
    expect(seconds).toBeLessThan(gracePeriodSeconds);
    prove(
      'deleted-in-flight',
      `${statuses.length} of ${statuses.length} answered; gone after ${seconds.toFixed(1)} s of ${gracePeriodSeconds} s`,
    );
    await service.untilRolledOut();
  });

  test('answers what is in flight when it is replaced', async () => {
    const pod = await service.pod();
    const requests = await inFlight(pod);
    await service.kubectl('rollout', 'restart', `deployment/${service.name}`);

    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    await service.untilRolledOut();
    const next = await service.pod();

    expect(statuses).toEqual(statuses.map(() => 200));
    expect(next.metadata.name).not.toBe(pod.metadata.name);
    prove(
      'rollout-in-flight',
      `${statuses.length} of ${statuses.length} answered by the old pod; the new one is ready`,
    );
  });
});

describeOnNode('a pod that loses a process', () => {
  let service: DeployedService;
  beforeAll(async () => {
    service = await DeployedService.apply({ namespace: NAMESPACE });
  });
  afterAll(() => service.remove());

  test('restarts a killed engine, and answers its request', async () => {
    const pod = await service.pod();
    const cgroup = cgroupOf(pod);
    const killed = cgroup.enginePid()!;
    const requests = await inFlight(pod);
    process.kill(killed, 'SIGKILL');

    const statuses = (await Promise.all(requests)).map(({ status }) => status);

    expect(statuses).toEqual(statuses.map(() => 200));
    expect(cgroup.enginePid()).not.toBe(killed);
    expect(restarts(await service.pod())).toBe(restarts(pod));
    prove(
      'killed-engine',
      `${statuses.length} of ${statuses.length} requests answered by another engine, without a restart of the pod`,
    );
  });

  test('is started again by the kubelet when its memory runs out, and is pinned again', async () => {
    const pod = await service.pod();
    const cgroup = cgroupOf(pod);
    offerToOomKiller(cgroup.serverPid());
    const eater = cgroup.eatMemory();
    const again = await until('a restart', async () => {
      const [next] = await service.pods();
      return next && restarts(next) > restarts(pod) && next;
    });
    await end(eater);
    const ready = await until('readiness', () => service.readyPod());

    expect(again.status.containerStatuses[0].lastState.terminated).toMatchObject({
      reason: 'OOMKilled',
      exitCode: 137,
    });
    expect(ready.metadata.name).toBe(pod.metadata.name);
    expect((await transcribe(ready, sample('en-01.wav').bytes)).status).toBe(200);
    prove('out-of-memory', `\`OOMKilled\`, exit code 137; restart ${restarts(ready)}, ready again and transcribing`);

    expect(cgroupOf(ready).cpus()).toHaveLength(1);
    expect(cgroupOf(ready).cpuQuotaMicroseconds()).toBeUndefined();
    prove(
      'pinned-again',
      `\`cpuset.cpus\` is ${cgroupOf(ready).cpus().join(',')} of ${onlineCpus().join(',')} after the restart`,
    );
  });
});
