import { imageDigest } from '../../image/image-archive';
import { shell } from '../kubectl';
import { SynthesizedApp } from '../synthesized-app';
import { until } from '../until';
import { DeployedService, secondsToReady, type RunningPod } from './deployed-service';
import { prove } from './proof';
import { describeOnNode, nodeFact } from './real-node';

/** The document's: `start under 60 s (30 s reached)`. */
const READY_SECONDS = 30;

describeOnNode('the deployment of the document, as it is synthesized', () => {
  const app = SynthesizedApp.named('voice-agent-phase5');

  test('is accepted without a warning, and waits for CPUs that this node does not have', async () => {
    expect(await app.apply()).toMatchObject({ code: 0, stderr: '' });

    const command = `kubectl get events -n ${app.namespace} -o jsonpath='{.items[?(@.reason=="FailedScheduling")].message}'`;
    expect(await until('the scheduler', async () => (await shell(command)).stdout)).toContain('Insufficient cpu');

    // What the autoscaler made of it would take minutes to be taken back.
    const remove = `kubectl delete hpa,deployment --all -n ${app.namespace} --timeout=60s`;
    expect((await shell(remove)).code).toBe(0);
  });
});

describeOnNode('the deployment that fits two CPUs', () => {
  let service: DeployedService;
  let pod: RunningPod;
  beforeAll(async () => {
    service = await DeployedService.apply();
    pod = await service.pod();
  });
  afterAll(() => service.remove());

  test('is pulled by its digest', async () => {
    const digest = imageDigest(nodeFact('NODE_IMAGE'));
    expect(service.deployment.spec.template.spec.containers[0]!.image).toBe(`stt-service:v1.0.16-amd64@${digest}`);
    expect(pod.status.containerStatuses[0].imageID).toContain(digest);
    const pulled = (await service.events(pod)).find(({ reason }) => reason === 'Pulled')!;
    expect(pulled.message).toContain(digest);
    prove(
      'pulled-by-digest',
      `\`${digest.slice(0, 19)}…\`, ${/in ([\d.]+m?s)/.exec(pulled.message)?.[1] ?? 'at once'}`,
    );
  });

  test('is ready in time', () => {
    const seconds = secondsToReady(pod);
    expect(seconds).toBeLessThan(READY_SECONDS);
    prove('ready-in-time', `${seconds} s after the pod was created, of which the readiness probe waits 15 s`);
  });

  test('passes its probes without a restart', async () => {
    expect(pod.status.containerStatuses[0]).toMatchObject({ ready: true, restartCount: 0 });
    const probed = (await service.events(pod)).filter(({ reason }) => reason === 'Unhealthy');
    // The startup probe may come before the listener: that is what it is there for.
    expect(probed.filter(({ message }) => !message.startsWith('Startup'))).toEqual([]);
    prove('probes-pass', `ready, 0 restarts, ${probed.length} failed startup probes, no other`);
  });

  test('`kubectl rollout status` says that it is rolled out', async () => {
    const command = 'kubectl rollout status deployment/stt-service -n voice-agent-phase5';
    const { code, stdout } = await shell(command);
    expect(code).toBe(0);
    const last = stdout.trim().split('\n').at(-1)!;
    expect(last).toBe('deployment "stt-service" successfully rolled out');
    prove('rollout-status', `\`${last}\``);
  });

  test('`kubectl get pods` by jsonpath says Guaranteed', async () => {
    const { stdout } = await shell(
      'kubectl get pods -n voice-agent-phase5 -l app=stt-service ' +
        `-o jsonpath='{range .items[*]}{.metadata.name}{"\\t"}{.status.qosClass}{"\\n"}{end}'`,
    );
    expect(stdout).toMatch(/^stt-service-[a-z0-9]+-[a-z0-9]{5}\tGuaranteed\n$/);
    prove('qos-by-jsonpath', `\`${stdout.trim().replace('\t', ' ')}\``);
  });

  test('`kubectl top pods` prints what it uses', async () => {
    const command = 'kubectl top pods -n voice-agent-phase5 -l app=stt-service --no-headers';
    const line = await until('metrics of the pod', async () => (await shell(command)).stdout.trim());
    expect(line).toMatch(/^stt-service-\S+\s+\d+m\s+\d+Mi$/);
    prove('top-pods', `\`${line.replaceAll(/\s+/g, ' ')}\``);
  });

  test('`kubectl get hpa` prints targets, range and replicas', async () => {
    const command = 'kubectl get hpa stt-service-hpa -n voice-agent-phase5 --no-headers';
    const line = await until('an autoscaler that has read its metrics', async () => {
      const { stdout } = await shell(command);
      return !stdout.includes('<unknown>') && stdout.trim();
    });
    expect(line).toMatch(
      /^stt-service-hpa\s+Deployment\/stt-service\s+cpu: \d+%\/60%, memory: \d+%\/70%\s+1\s+2\s+1\s/,
    );
    prove('get-hpa', `\`${line.replaceAll(/\s+/g, ' ')}\``);
  });
});
