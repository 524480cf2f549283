import { describeApp } from './describe-app';
import { shell } from './kubectl';
import { RunningApp } from './running-app';
import { SynthesizedApp } from './synthesized-app';
import { until } from './until';

/** The columns of what kubectl prints, without its heading. */
function rows(stdout: string): string[][] {
  const lines = stdout.trim().split('\n');
  return lines.slice(1).map((line) => line.trim().split(/\s{2,}/));
}

const app = SynthesizedApp.named('voice-agent-phase5');

describeApp(app);

describe('the commands of the deployment document', () => {
  const pod = expect.stringMatching(/^stt-service-[a-z0-9]+-[a-z0-9]{5}$/);

  beforeAll(async () => {
    // The document's own numbers: 390Mi and 157m are what it saw.
    const running = await RunningApp.start(app, { cpu: '157m', memoryMebibytes: 390 });
    await until('an autoscaler that has seen its pods', async () => {
      const metrics = (await running.hpa()).status.currentMetrics ?? [];
      return metrics.length === app.hpa.spec.metrics.length && metrics.every(({ resource }) => resource?.name);
    });
  });

  test('`kubectl rollout status` says that it is rolled out', async () => {
    const result = await shell('kubectl rollout status deployment/stt-service -n voice-agent-phase5 --timeout=60s');

    expect(result).toEqual({ code: 0, stdout: 'deployment "stt-service" successfully rolled out\n', stderr: '' });
  });

  test('`kubectl get pods` by jsonpath says Guaranteed for every pod', async () => {
    const { code, stdout } = await shell(
      'kubectl get pods -n voice-agent-phase5 -l app=stt-service ' +
        `-o jsonpath='{range .items[*]}{.metadata.name}{"\\t"}{.status.qosClass}{"\\n"}{end}'`,
    );

    expect(code).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')),
    ).toEqual([
      [pod, 'Guaranteed'],
      [pod, 'Guaranteed'],
    ]);
  });

  test('`kubectl top pods -l app=stt-service` prints what each pod uses', async () => {
    const { code, stdout } = await shell('kubectl top pods -n voice-agent-phase5 -l app=stt-service');

    expect(code).toBe(0);
    expect(rows(stdout)).toEqual([
      [pod, '157m', '390Mi'],
      [pod, '157m', '390Mi'],
    ]);
  });

  test('`kubectl get hpa stt-service-hpa` prints targets, range and replicas', async () => {
    const { code, stdout } = await shell('kubectl get hpa stt-service-hpa -n voice-agent-phase5');

    expect(code).toBe(0);
    const [[name, reference, targets, min, max, replicas] = []] = rows(stdout);
    // 157m of 2 CPUs are 7 %, 390Mi of 700Mi are 55 %.
    expect({ name, reference, min, max, replicas }).toEqual({
      name: 'stt-service-hpa',
      reference: 'Deployment/stt-service',
      min: '2',
      max: '8',
      replicas: '2',
    });
    expect(targets?.split(', ')).toEqual(['cpu: 7%/60%', 'memory: 55%/70%']);
  });
});
