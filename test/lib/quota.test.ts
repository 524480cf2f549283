import { ApiObject, App, Chart, Duration, JsonPatch, Size, Testing } from 'cdk8s';
import { Cpu, Deployment, k8s } from 'cdk8s-plus-28';
import { WhisperSttService } from '../../lib';
import { failure, IMAGE, synthesize, testChart, type Synthesized, type SynthesizeOptions } from './synthesize';

function quota(props: Parameters<typeof synthesize>[0] = {}, options: SynthesizeOptions = {}): unknown {
  const { objects } = synthesize({ resourceQuota: true, ...props }, options);
  const found = objects.find(({ kind }) => kind === 'ResourceQuota');
  return (found as unknown as { spec: { hard: unknown } }).spec.hard;
}

describe('the ResourceQuota', () => {
  test('is emitted only when asked for', () => {
    const { objects, service } = synthesize();

    expect(objects.map(({ kind }) => kind)).not.toContain('ResourceQuota');
    expect(service.resourceQuota).toBeUndefined();
  });

  test('has room for the most pods, the surge of a rollout and the pods that are still stopping', () => {
    expect(quota()).toMatchObject({
      pods: '12',
      'requests.cpu': '24',
      'limits.cpu': '24',
      'requests.memory': '8400Mi',
      'limits.memory': '8400Mi',
    });
  });

  test('follows the size and the number of pods', () => {
    expect(quota({ cpus: 4, memory: Size.gibibytes(1), maxReplicas: 3 })).toMatchObject({
      pods: '7',
      'requests.cpu': '28',
      'limits.memory': '7168Mi',
    });
  });

  test('counts sidecars, which are added after the construct was made', () => {
    const sidecar = (service: WhisperSttService): void => {
      service.deployment.addContainer({
        name: 'logs',
        image: 'registry.example.com/log-shipper:3.2',
        resources: {
          cpu: { request: Cpu.millis(150), limit: Cpu.millis(150) },
          memory: { request: Size.mebibytes(64), limit: Size.mebibytes(64) },
        },
      });
    };

    expect(quota({ maxReplicas: 3, idleMemory: Size.mebibytes(200) }, { change: sidecar })).toMatchObject({
      'requests.cpu': '15050m',
      'limits.memory': '5348Mi',
    });
  });

  test.each([
    ['a number', () => k8s.IntOrString.fromNumber(3), '19'],
    ['a percentage, rounded up', () => k8s.IntOrString.fromString('30%'), '19'],
  ])('follows a patched surge, %s', (_, surge, pods) => {
    const change = (service: WhisperSttService): void => {
      ApiObject.of(service).addJsonPatch(JsonPatch.replace('/spec/strategy/rollingUpdate/maxSurge', surge()));
    };

    expect(quota({}, { change })).toMatchObject({ pods });
  });

  test("takes Kubernetes' surge of 25 % where a patch leaves none", () => {
    const change = (service: WhisperSttService): void => {
      ApiObject.of(service).addJsonPatch(JsonPatch.remove('/spec/strategy/rollingUpdate'));
    };

    expect(quota({ maxReplicas: 9 }, { change })).toMatchObject({ pods: '21' });
  });

  test.each([
    ['a number', () => k8s.IntOrString.fromNumber(1)],
    ['a percentage, rounded down', () => k8s.IntOrString.fromString('24%')],
  ])('counts the pods that a rollout does without as stopping too: %s', (_, unavailable) => {
    const change = (service: WhisperSttService): void => {
      ApiObject.of(service).addJsonPatch(
        JsonPatch.replace('/spec/strategy/rollingUpdate/maxUnavailable', unavailable()),
      );
    };

    expect(quota({}, { change })).toMatchObject({ pods: '15' });
  });

  test.each<[string, Parameters<typeof synthesize>[0], string]>([
    ['a longer grace period', { requestTimeout: Duration.minutes(2) }, '15'],
    ['pods that are ready sooner', { readinessProbe: { initialDelaySeconds: Duration.seconds(0) } }, '17'],
    ['a grace period that all pods are in at once', { requestTimeout: Duration.minutes(30) }, '17'],
  ])('counts as stopping what %s leaves over', (_, props, pods) => {
    expect(quota(props)).toMatchObject({ pods });
  });

  test('counts as many as there are where nothing holds a rollout up', () => {
    const change = (service: WhisperSttService): void => {
      ApiObject.of(service).addJsonPatch(
        JsonPatch.remove('/spec/minReadySeconds'),
        JsonPatch.remove('/spec/template/spec/containers/0/readinessProbe'),
      );
    };

    expect(quota({}, { change })).toMatchObject({ pods: '17' });
  });

  test('follows a patched autoscaler', () => {
    const change = (service: WhisperSttService): void => {
      ApiObject.of(service.hpa).addJsonPatch(JsonPatch.replace('/spec/maxReplicas', 18));
    };

    expect(quota({}, { change })).toMatchObject({ pods: '22', 'requests.cpu': '44' });
  });

  test('names the requests of a device alone, as Kubernetes has no quota for its limits', () => {
    const change = (service: WhisperSttService): void => {
      for (const list of ['requests', 'limits']) {
        ApiObject.of(service).addJsonPatch(
          JsonPatch.add(
            `/spec/template/spec/containers/0/resources/${list}/nvidia.com~1gpu`,
            k8s.Quantity.fromString('1'),
          ),
        );
      }
    };

    expect(quota({}, { change })).toMatchObject({ 'requests.nvidia.com/gpu': '12' });
    expect(quota({}, { change })).not.toHaveProperty(['limits.nvidia.com/gpu']);
  });

  test('is applied before the pods that it counts', () => {
    const kinds = synthesize({ resourceQuota: true }).objects.map(({ kind }) => kind);

    expect(kinds.indexOf('ResourceQuota')).toBeLessThan(kinds.indexOf('Deployment'));
  });

  test("is refused in a namespace with somebody else's pods, whatever made them", () => {
    const chart = testChart({ namespace: 'voice' });
    new WhisperSttService(chart, 'stt', { image: IMAGE, resourceQuota: true });
    new Deployment(chart, 'Agent', { metadata: { name: 'agent' }, containers: [{ image: 'agent:1' }] });

    expect(failure(() => void Testing.synth(chart))).toContain(
      '[test/stt] [quota-shared] ResourceQuota stt-service: namespace voice also has Deployment agent: the quota counts ' +
        'its pods, and has room for those of stt-service alone.',
    );
  });

  test('is refused beside a second service', () => {
    const chart = testChart({ namespace: 'voice' });
    new WhisperSttService(chart, 'english', { image: IMAGE, name: 'english', resourceQuota: true });
    new WhisperSttService(chart, 'spanish', { image: IMAGE, name: 'spanish', createNamespace: false });

    expect(failure(() => void Testing.synth(chart))).toContain('also has Deployment spanish');
  });

  test('is refused where another chart of the app puts pods or a quota into the namespace', () => {
    const app = new App({ outdir: 'unused' });
    const chart = new Chart(app, 'test', { namespace: 'voice' });
    new WhisperSttService(chart, 'stt', { image: IMAGE, resourceQuota: true });
    const other = new Chart(app, 'other', { namespace: 'voice' });
    new Deployment(other, 'Agent', { metadata: { name: 'agent' }, containers: [{ image: 'agent:1' }] });
    new k8s.KubeResourceQuota(other, 'Quota', { metadata: { name: 'team' }, spec: {} });
    const message = failure(() => void Testing.synth(chart));

    expect(message).toContain('also has Deployment agent: the quota counts its pods');
    expect(message).toContain('also has ResourceQuota team: Kubernetes holds the pods to both. Keep one of the two.');
  });

  test('minds no pods of other namespaces', () => {
    const chart = testChart({ namespace: 'voice' });
    new WhisperSttService(chart, 'stt', { image: IMAGE, resourceQuota: true });
    new Deployment(chart, 'Agent', {
      metadata: { name: 'agent', namespace: 'agents' },
      containers: [{ image: 'agent:1' }],
    });
    new Deployment(new Chart(chart, 'Batch'), 'Batch', { containers: [{ image: 'batch:1' }] });

    expect(failure(() => void Testing.synth(chart))).toBe('');
  });
});

describe('the LimitRange', () => {
  const limitRange = ({ objects }: Synthesized): unknown => objects.find(({ kind }) => kind === 'LimitRange');

  test('is emitted only when asked for', () => {
    expect(limitRange(synthesize())).toBeUndefined();
    expect(synthesize().service.limitRange).toBeUndefined();
  });

  // A max without a default is the default: a sidecar that says nothing would be given 2 CPUs and 700Mi.
  test('holds requests to limits by a ratio alone, without a maximum or a default', () => {
    expect(limitRange(synthesize({ limitRange: true }))).toMatchObject({
      apiVersion: 'v1',
      metadata: { name: 'stt-service', namespace: 'voice-agent-phase5' },
    });
    expect(limitRange(synthesize({ limitRange: true }))).toHaveProperty('spec', {
      limits: [{ type: 'Container', maxLimitRequestRatio: { cpu: '1', memory: '1' } }],
    });
  });
});
