import { ApiObject, App, Chart, JsonPatch, Testing } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import '../../../lib/testing';
import { whisperSttMatchers } from '../../../lib/testing';
import { autoscalerOf, deploymentOf, serverContainer } from '../policy/manifests';
import { failure, synthesize } from '../synthesize';
import type { Container, PodSpec } from '../../../lib/policy/manifest';

const manifests = (change: Partial<Container> = {}, pod: PodSpec = {}): unknown[] => [
  deploymentOf({
    terminationGracePeriodSeconds: 75,
    ...pod,
    containers: [serverContainer({ image: 'stt:1', ...change })],
  }),
  autoscalerOf(),
];

const half = { requests: { cpu: '1500m', memory: '700Mi' }, limits: { cpu: '1500m', memory: '700Mi' } };

describe('the matchers', () => {
  test('pass for what the construct makes', () => {
    const { objects } = synthesize();

    expect(objects).toBeGuaranteedQos();
    expect(objects).toBePinned();
    expect(objects).toReturnToMinReplicas();
    expect(objects).toDrainGracefully();
    expect(objects).toPassWhisperPolicy();
    expect(objects).toObeyWhisperRule('image-tag');
  });

  test('tell Guaranteed from pinned', () => {
    expect(manifests({ resources: half })).toBeGuaranteedQos();
    expect(manifests({ resources: half })).not.toBePinned();
  });

  test.each<[keyof typeof whisperSttMatchers, unknown, RegExp]>([
    [
      'toBeGuaranteedQos',
      manifests({ resources: {} }),
      /be Guaranteed:\n {2}\[guaranteed-qos\] Deployment stt: .* missing/,
    ],
    ['toBePinned', manifests({ resources: half }), /be pinned:\n {2}\[whole-cpus\]/],
    [
      'toReturnToMinReplicas',
      manifests({ resources: { requests: { cpu: '2', memory: '590Mi' } } }),
      /return to minReplicas:\n {2}\[hpa-memory-ratchet\]/,
    ],
    [
      'toDrainGracefully',
      manifests({}, { terminationGracePeriodSeconds: 30 }),
      /drain gracefully:\n {2}\[drain-budget\]/,
    ],
    ['toPassWhisperPolicy', manifests({ image: 'stt:latest' }), /pass the policy:\n {2}\[image-tag\]/],
  ])('%s says which rule is broken, where and how to mend it', (matcher, received, message) => {
    const assert = (expect(received) as unknown as Record<string, () => void>)[matcher]!;

    expect(failure(assert)).toMatch(message);
  });

  test('an own sidecar that unpins is neither Guaranteed nor pinned', () => {
    const [deployment] = manifests() as [{ spec: { template: { spec: { containers: Container[] } } } }];
    deployment.spec.template.spec.containers.push({ name: 'logs' });

    expect([deployment]).not.toBeGuaranteedQos();
    expect([deployment]).not.toBePinned();
  });

  test('obey one rule, of either severity', () => {
    const odd = { requests: { cpu: '3' } };

    expect(manifests({ resources: odd })).not.toObeyWhisperRule('smt-alignment');
    expect(manifests({ resources: odd })).toObeyWhisperRule('image-tag');
    expect(
      failure(() => {
        expect(manifests()).toObeyWhisperRule('image-tags');
      }),
    ).toBe('[rule-unknown] there is no rule "image-tags". Take an id of docs/RULES.md.');
  });

  test('advice does not fail the policy', () => {
    expect(manifests({ env: [{ name: 'STT_MODEL', value: 'medical' }, ...threads] })).toPassWhisperPolicy();
  });

  test('say so when the opposite was expected', () => {
    expect(
      failure(() => {
        expect(manifests()).not.toBePinned();
      }),
    ).toBe('Expected the manifests not to be pinned, and they do.');
  });

  test('never pass where there is no Whisper pod: nothing would have been tested', () => {
    expect(
      failure(() => {
        expect([]).toBePinned();
      }),
    ).toContain('There is no pod of a Whisper server among the manifests.');
    expect(
      failure(() => {
        expect([{ kind: 'Service', metadata: { name: 'x' } }]).toPassWhisperPolicy();
      }),
    ).toContain('no pod');
  });

  test('take one object alone', () => {
    expect(manifests()[0]).toBePinned();
  });

  test.each([undefined, 'text', [null], [{ kind: 'Deployment' }]])('refuse %j, which are no manifests', (received) => {
    expect(
      failure(() => {
        expect(received).toBePinned();
      }),
    ).toContain('[manifests-expected]');
  });

  test('look at what a chart synthesizes, whoever wrote it', () => {
    const chart = new Chart(new App(), 'own');
    const quantity = (text: string): k8s.Quantity => k8s.Quantity.fromString(text);
    const deployment = new k8s.KubeDeployment(chart, 'own', {
      spec: {
        selector: {},
        template: {
          spec: {
            containers: [
              {
                name: 'server',
                env: [{ name: 'STT_MODEL', value: 'tiny' }],
                resources: { limits: { cpu: quantity('2'), memory: quantity('1Gi') } },
              },
            ],
          },
        },
      },
    });

    expect(Testing.synth(chart)).not.toBePinned();
    ApiObject.of(deployment).addJsonPatch(
      JsonPatch.add('/spec/template/spec/containers/0/resources/requests', {
        cpu: quantity('2'),
        memory: quantity('1Gi'),
      }),
    );
    expect(Testing.synth(chart)).toBePinned();
  });
});

const threads = ['OMP_NUM_THREADS', 'MKL_NUM_THREADS'].map((name) => ({ name, value: '2' }));

describe('the entry', () => {
  test('does without a global expect', () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, 'expect')!;
    Object.defineProperty(globalThis, 'expect', { ...before, value: undefined });
    let loaded: { whisperSttMatchers: object } | undefined;
    try {
      jest.isolateModules(() => {
        loaded = jest.requireActual('../../../lib/testing');
      });
    } finally {
      Object.defineProperty(globalThis, 'expect', before);
    }

    expect(Object.keys(loaded!.whisperSttMatchers)).toEqual(Object.keys(whisperSttMatchers));
  });
});
