import type { Deployment, HorizontalPodAutoscaler } from './objects';
import { IDLE, RunningApp } from './running-app';
import type { SynthesizedApp } from './synthesized-app';
import { until } from './until';

/** Where the autoscaler leaves the pods of one idle working set when it has finished. */
export interface RestingPoint {
  readonly workingSetMebibytes: number;
  /** After a burst that needed the maximum. */
  readonly fromMax: number;
  /** After a quiet start at the minimum. */
  readonly fromMin: number;
}

/** "At once", both ways: the behaviour decides how fast the count moves, not where it rests. */
const AT_ONCE = { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 900, periodSeconds: 1 }] };
const AT_ONCE_DOWN = { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 1 }] };

/** Looks that have to agree, one for each period of the controller (with-cluster.sh). */
const LOOKS = 4;
const PERIOD_MS = 1000;

/** With this no autoscaler of a Whisper service keeps more pods than its minimum. */
const SMALL_MEBIBYTES = 1;

/** Far above any CPU target. */
const BUSY_CPU = '1900m';

const PATIENCE = { timeoutMs: 240_000, pollMs: PERIOD_MS };

/** Runs a copy of the app in a namespace of its own until its real autoscaler has come to rest twice. */
export async function measureRestingPoint(app: SynthesizedApp, workingSetMebibytes: number): Promise<RestingPoint> {
  const { minReplicas, maxReplicas } = app.hpa.spec;
  const running = await RunningApp.start(impatient(app.inNamespace(`rest-${workingSetMebibytes}`)), IDLE);
  const idle = { ...IDLE, memoryMebibytes: workingSetMebibytes };

  running.use({ ...idle, cpu: BUSY_CPU });
  await running.untilAvailable(maxReplicas, PATIENCE);
  running.use(idle);
  const fromMax = await rest(running, workingSetMebibytes);

  running.use({ ...IDLE, memoryMebibytes: SMALL_MEBIBYTES });
  await running.untilAvailable(minReplicas, PATIENCE);
  running.use(idle);
  const fromMin = await rest(running, workingSetMebibytes);

  return { workingSetMebibytes, fromMax, fromMin };
}

/** The app with nothing that makes it wait. */
function impatient(app: SynthesizedApp): SynthesizedApp {
  return app.map((object) => {
    const { spec } = object as Deployment | HorizontalPodAutoscaler;
    switch (object.kind) {
      case 'Deployment':
        return { ...object, spec: { ...spec, minReadySeconds: 0 } };
      case 'HorizontalPodAutoscaler':
        return { ...object, spec: { ...spec, behavior: { scaleUp: AT_ONCE, scaleDown: AT_ONCE_DOWN } } };
      default:
        return object;
    }
  });
}

/**
 * The count at which the autoscaler stays: it has seen this working set on that many pods, all of them ready, and wants
 * as many.
 */
async function rest(running: RunningApp, workingSetMebibytes: number): Promise<number> {
  const expected = utilizationPercent(running.app, workingSetMebibytes);
  let looks: number[] = [];
  return until(
    `the autoscaler of ${running.namespace} to rest`,
    async () => {
      const [{ spec, status }, hpa] = await Promise.all([running.deployment(), running.hpa()]);
      const memory = hpa.status.currentMetrics?.find(({ resource }) => resource?.name === 'memory');
      const counts = [spec.replicas, status.readyReplicas, hpa.status.currentReplicas, hpa.status.desiredReplicas];
      const atRest =
        memory?.resource?.current?.averageUtilization === expected && counts.every((count) => count === counts[0]);
      looks = atRest && (looks.length === 0 || looks[0] === spec.replicas) ? [...looks, spec.replicas!] : [];
      return looks.length === LOOKS && looks[0];
    },
    PATIENCE,
  );
}

/** As the autoscaler reports it: a whole percentage of the memory requested, rounded down. */
function utilizationPercent(app: SynthesizedApp, workingSetMebibytes: number): number {
  return Math.floor((workingSetMebibytes * 100) / memoryRequestMebibytes(app));
}

/** Memory that one pod requests. */
export function memoryRequestMebibytes(app: SynthesizedApp): number {
  const requests = app.deployment.spec.template.spec.containers.map(({ resources }) => resources?.requests?.memory);
  const mebibytes = requests.map((request) => /^(\d+)Mi$/.exec(request ?? '')?.[1]);
  if (mebibytes.includes(undefined))
    throw new Error(`memory requests in whole Mi expected, got ${requests.join(', ')}`);
  return mebibytes.reduce((sum, each) => sum + Number(each), 0);
}
