import { setTimeout as sleep } from 'node:timers/promises';
import { PROBE_PATHS } from '../../../lib/contract';
import { sample } from '../../support/nano';
import { percentile } from '../../support/probe-watch';
import { wordErrors } from '../../support/word-error-rate';
import { DeployedService, podUrl, transcribe } from './deployed-service';
import { prove } from './proof';
import { describeOnNode } from './real-node';

const SATURATED_MS = 60_000;
const CALLERS = 4;
const PROBE_INTERVAL_MS = 500;
/** The readiness probe's `timeoutSeconds`; the liveness probe waits longer. */
const PROBE_TIMEOUT_MS = 3000;

describeOnNode('the service', () => {
  let service: DeployedService;
  beforeAll(async () => {
    service = await DeployedService.apply({ namespace: 'service' });
  });
  afterAll(() => service.remove());

  test('transcribes what is sent through the Service', async () => {
    const { bytes, text } = sample('en-01.wav');
    const answer = await service.transcribeThroughService(bytes);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ text });
    prove('transcribes', `en-01.wav: "${text}"`);
  });

  test('answers its probes while it is saturated for a minute', async () => {
    const pod = await service.pod();
    const { bytes, text } = sample('long-en.wav');
    const until = Date.now() + SATURATED_MS;
    let answered = 0;
    const caller = async (): Promise<void> => {
      while (Date.now() < until) {
        const answer = await transcribe(pod, bytes);
        expect(answer.status).toBe(200);
        const { errors, words } = wordErrors(text, (JSON.parse(answer.text) as { text: string }).text);
        expect(errors / words).toBeLessThan(0.1);
        answered++;
      }
    };
    const latencies: number[] = [];
    const prober = async (): Promise<void> => {
      while (Date.now() < until) {
        for (const path of [PROBE_PATHS.liveness, PROBE_PATHS.readiness]) {
          const started = performance.now();
          const response = await fetch(podUrl(pod) + path, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
          expect(response.status).toBe(200);
          latencies.push(performance.now() - started);
        }
        await sleep(PROBE_INTERVAL_MS);
      }
    };
    await Promise.all([prober(), ...Array.from({ length: CALLERS }, caller)]);

    const after = await service.pod();
    const readySince = ({ status }: typeof pod): string =>
      status.conditions.find(({ type }) => type === 'Ready')!.lastTransitionTime;
    expect(after.metadata.name).toBe(pod.metadata.name);
    expect(after.status.containerStatuses[0].restartCount).toBe(pod.status.containerStatuses[0].restartCount);
    expect(readySince(after)).toBe(readySince(pod));
    const failed = (await service.events(pod)).filter(
      ({ reason, message }) => reason === 'Unhealthy' && !message.startsWith('Startup'),
    );
    expect(failed).toEqual([]);
    prove(
      'probes-under-load',
      `${answered} recordings of ${sample('long-en.wav').duration.toFixed(0)} s by ${CALLERS} callers; none of the kubelet's probes failed, ` +
        `${latencies.length} of our own answered, p99 ${percentile(latencies, 0.99).toFixed(0)} ms`,
    );
  });
});
