import { WhisperModel } from '../../../lib';
import { modelNeeds } from '../../../lib/model-needs';
import { sample } from '../../support/nano';
import type { HorizontalPodAutoscaler, KubernetesObject } from '../objects';
import { until } from '../until';
import { DeployedService, transcribe } from './deployed-service';
import { prove } from './proof';
import { describeOnNode, describeOnNodeWithTiny, nodeFact } from './real-node';

const CALLERS = 4;
/** Highest working set with which two to eight pods of 700Mi come back to two (docs/hpa-ratchet.md). */
const IDLE_MEBIBYTES = 328;
/** metrics-server measures every 10 s. */
const SAMPLES = 3;

/**
 * A CPU target that a pod surely passes where the other processes of this machine leave it little of its CPU, far above
 * what it uses at rest; and the downward window of 300 s, shortened.
 */
const CPU_PERCENT = 10;
const DOWN_WINDOW_SECONDS = 15;

function forTheTest(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'HorizontalPodAutoscaler') return object;
  const { spec, ...rest } = structuredClone(object) as HorizontalPodAutoscaler & {
    spec: { behavior: { scaleDown: object } };
  };
  const { behavior } = spec;
  const metrics = spec.metrics.map((metric) =>
    metric.resource?.name === 'cpu'
      ? { ...metric, resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: CPU_PERCENT } } }
      : metric,
  );
  const scaleDown = { ...behavior.scaleDown, stabilizationWindowSeconds: DOWN_WINDOW_SECONDS };
  return { ...rest, spec: { ...spec, metrics, behavior: { ...behavior, scaleDown } } } as KubernetesObject;
}

/** Use as the autoscaler sees it, in percent of the request. */
function utilization({ status }: HorizontalPodAutoscaler, name: string): number | undefined {
  const metric = status.currentMetrics?.find(({ resource }) => resource?.name === name);
  return metric?.resource?.current?.averageUtilization;
}

describeOnNode('the autoscaler on measured usage', () => {
  let service: DeployedService;
  const hpa = (): Promise<HorizontalPodAutoscaler> => service.get('hpa/stt-service-hpa');
  beforeAll(async () => {
    service = await DeployedService.apply({ namespace: 'autoscaler', change: forTheTest });
  });
  afterAll(() => service.remove());

  test('asks for a second pod under load, and returns to one at rest', async () => {
    const pod = await service.pod();
    const load = { on: true };
    const caller = async (): Promise<void> => {
      while (load.on) expect((await transcribe(pod, sample('long-en.wav').bytes)).status).toBe(200);
    };
    const callers = Array.from({ length: CALLERS }, caller);
    let peak = 0;
    const started = Date.now();
    try {
      await until(
        'a second pod',
        async () => {
          const { status, spec } = await hpa();
          peak = Math.max(peak, utilization({ status, spec } as HorizontalPodAutoscaler, 'cpu') ?? 0);
          return status.desiredReplicas === 2;
        },
        { timeoutMs: 150_000, pollMs: 1000 },
      );
    } finally {
      load.on = false;
      await Promise.all(callers);
    }
    const upSeconds = (Date.now() - started) / 1000;
    expect(peak).toBeGreaterThan(CPU_PERCENT);
    prove(
      'scales-up',
      `${peak} % CPU measured, target ${CPU_PERCENT} %: 2 replicas wanted ${upSeconds.toFixed(0)} s after the load began (window: 30 s)`,
    );

    const rest = Date.now();
    await until('the minimum', async () => (await hpa()).status.desiredReplicas === 1, {
      timeoutMs: 180_000,
      pollMs: 1000,
    });
    await service.untilRolledOut();
    const now = await hpa();
    prove(
      'scales-down',
      `1 replica ${((Date.now() - rest) / 1000).toFixed(0)} s after the load ended, at ${utilization(now, 'cpu') ?? 0} % CPU and ${utilization(now, 'memory') ?? 0} % memory`,
    );
  }, 400_000);
});

describeOnNodeWithTiny("a pod with weights of Whisper tiny's shapes", () => {
  let service: DeployedService;
  afterAll(() => service.remove());

  test('idles low enough for the autoscaler to come back to its minimum', async () => {
    service = await DeployedService.apply({
      namespace: 'idle',
      archive: nodeFact('NODE_IMAGE_TINY'),
      model: { model: WhisperModel.TINY },
    });
    const pod = await service.pod();
    expect((await transcribe(pod, sample('en-01.wav').bytes)).status).toBe(200);

    const workingSets = new Map<string, number>();
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${service.namespace}/pods/${pod.metadata.name}`;
    await until('samples of the working set', async () => {
      const { timestamp, containers } = JSON.parse(await service.kubectl('get', '--raw', path)) as {
        timestamp: string;
        containers: [{ usage: { memory: string } }];
      };
      workingSets.set(timestamp, Number(/^(\d+)Ki$/.exec(containers[0].usage.memory)![1]) / 1024);
      return workingSets.size > SAMPLES;
    });
    const mebibytes = [...workingSets.values()].at(-1)!;

    console.log(`working set with tiny's shapes in int8, at rest: ${mebibytes.toFixed(0)}Mi`);
    expect(mebibytes).toBeLessThanOrEqual(IDLE_MEBIBYTES);
    // What the construct reckons with.
    expect(mebibytes).toBeLessThanOrEqual(modelNeeds('tiny', 'int8')!.idleMebibytes);
    prove(
      'idle-memory',
      `${mebibytes.toFixed(0)}Mi by the metrics API, after an utterance, with weights of tiny's shapes in int8`,
    );
  });
});
