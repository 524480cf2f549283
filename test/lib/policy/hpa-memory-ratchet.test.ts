import { hpaMemoryRatchet } from '../../../lib/policy/hpa-memory-ratchet';
import { idleMemoryAssumed } from '../../../lib/policy/idle-memory-assumed';
import { IDLE_MEMORY_ANNOTATION } from '../../../lib/policy/idle-memory';
import type { Container, Manifest, Metric } from '../../../lib/policy/manifest';
import type { Rule } from '../../../lib/policy/rule';
import { autoscalerOf, deploymentOf, memoryMetric, serverOf } from './manifests';

interface Scenario {
  readonly idle?: string;
  readonly model?: string;
  readonly quantization?: string;
  readonly memory?: string;
  readonly spec?: Manifest['spec'];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

function check(
  { idle, model = 'tiny', quantization, memory = '700Mi', spec, containers = [], initContainers }: Scenario,
  rule: Rule = hpaMemoryRatchet,
): ReturnType<Rule['check']> {
  const server = serverOf(model, quantization, { resources: { requests: { memory } } });
  return rule.check([
    deploymentOf({ containers: [server, ...containers], initContainers }),
    autoscalerOf(spec, idle === undefined ? undefined : { [IDLE_MEMORY_ANNOTATION]: idle }),
  ]);
}

const BANDS =
  'From 8 pods it comes to rest, by the working set of a pod, at 2 up to 328Mi, 3 up to 370Mi, 4 up to 398Mi, 5 up to ' +
  '412Mi, 6 up to 426Mi, 7 up to 433Mi, 8 above. From 546Mi (539Mi up to Kubernetes 1.32) pods are added with no load at ' +
  'all.';

describe('hpa-memory-ratchet', () => {
  test('finds nothing while idle pods are small enough to come back, as the default deployment is', () => {
    expect(check({})).toEqual([]);
    expect(check({ idle: '328Mi' })).toEqual([]);
  });

  test('finds a working set that leaves pods behind, with the table and three ways out', () => {
    expect(check({ idle: '340Mi' })).toEqual([
      {
        object: 'HorizontalPodAutoscaler stt-hpa',
        field: 'spec.metrics[memory].averageUtilization',
        got: '70 %',
        remedy:
          `A pod idles at 340Mi (declared). ${BANDS} Raise 'memory' to 724Mi, or 'minReplicas' to 3, where it rests; ` +
          "or give the 'idleMemory' that you measured.",
      },
    ]);
  });

  test.each([
    ['329Mi', 3],
    ['398Mi', 4],
    ['399Mi', 5],
    ['434Mi', 8],
    ['700Mi', 8],
  ])('says that pods of %s rest at %d', (idle, resting) => {
    expect(check({ idle })[0]?.remedy).toContain(`'minReplicas' to ${resting}, where it rests`);
  });

  test('takes what was measured for the model where nothing is declared', () => {
    expect(check({ memory: '590Mi' })[0]?.remedy).toMatch(/^A pod idles at 280Mi \(measured\)\./);
    expect(check({ model: 'tiny.en', memory: '590Mi' })).toHaveLength(1);
    expect(check({ quantization: 'fp32', memory: '1202Mi' })[0]?.remedy).toMatch(
      /^A pod idles at 565Mi \(measured\)\. .* Raise 'memory' to 1203Mi,/,
    );
    expect(check({ model: 'tiny.en', quantization: 'fp32', memory: '1203Mi' })).toEqual([]);
  });

  test('adds sidecars with all that they request to what was measured, native ones too, and no init container', () => {
    const sidecar = { name: 'logs', resources: { requests: { memory: '90Mi' } } };
    const native = { ...sidecar, name: 'proxy', restartPolicy: 'Always' };
    const init = { ...sidecar, name: 'copy' };

    // (280 + 90) of 790Mi is 46 %, which is the limit; (280 + 180) of 880Mi is 52 %.
    expect(check({ containers: [sidecar] })).toEqual([]);
    expect(check({ containers: [sidecar], initContainers: [init] })).toEqual([]);
    expect(check({ containers: [sidecar], initContainers: [native] })[0]?.remedy).toMatch(/^A pod idles at 460Mi /);
  });

  test('takes a declared working set for that of the whole pod', () => {
    const sidecar = { name: 'logs', resources: { requests: { memory: '100Mi' } } };

    // 376 of 800Mi is 47 %, 375 is 46 %.
    expect(check({ idle: '375Mi', containers: [sidecar] })).toEqual([]);
    expect(check({ idle: '376Mi', containers: [sidecar] })).toHaveLength(1);
  });

  test("computes the server's memory without that of its sidecars", () => {
    const sidecar = { name: 'logs', resources: { requests: { memory: '100Mi' } } };

    // A pod needs 937Mi: 440 × 100 ÷ 937 is 46.96.
    expect(check({ idle: '440Mi', containers: [sidecar] })[0]?.remedy).toContain("Raise 'memory' to 837Mi,");
  });

  test('takes a limit for the request where that is missing, as Kubernetes does', () => {
    const sidecar = { name: 'logs', resources: { limits: { memory: '300Mi' } } };

    expect(check({ idle: '469Mi', containers: [sidecar] })).toEqual([]);
    expect(check({ idle: '470Mi', containers: [sidecar] })).toHaveLength(1);
  });

  test('knows the metric of one container', () => {
    const ofContainer = (container: string): Metric => ({
      type: 'ContainerResource',
      containerResource: { name: 'memory', container, target: { averageUtilization: 70 } },
    });
    const containers = [{ name: 'logs', resources: { requests: { memory: '600Mi' } } }];

    expect(check({ idle: '328Mi', containers, spec: { metrics: [ofContainer('server')] } })).toEqual([]);
    expect(check({ idle: '329Mi', containers, spec: { metrics: [ofContainer('server')] } })).toHaveLength(1);
    expect(check({ idle: '600Mi', containers, spec: { metrics: [ofContainer('logs')] } })).toEqual([]);
  });

  test('knows targets that are an amount of memory', () => {
    const metrics: Metric[] = [
      { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '490Mi' } } },
    ];

    expect(check({ idle: '326Mi', spec: { metrics } })).toEqual([]);
    expect(check({ idle: '327Mi', spec: { metrics } })).toEqual([
      {
        object: 'HorizontalPodAutoscaler stt-hpa',
        field: 'spec.metrics[memory].averageValue',
        got: '490Mi',
        remedy: expect.stringMatching(
          /^A pod idles at 327Mi \(declared\)\. .* From 540Mi \(539Mi up to Kubernetes 1\.32\) .* Raise 'minReplicas' to 3, where it rests; /,
        ),
      },
    ]);
  });

  test('says one number where both releases run away at the same', () => {
    expect(check({ idle: '600Mi', spec: { metrics: [memoryMetric(71)] } })[0]?.remedy).toMatch(
      / From \d+Mi pods are added with no load at all\./,
    );
  });

  test.each<[string, Manifest['spec']]>([
    ['a fixed count', { minReplicas: 4, maxReplicas: 4 }],
    ['a crossed range, which is another rule’s', { minReplicas: 9 }],
    ['no maximum', { maxReplicas: undefined }],
    ['no metrics', { metrics: undefined }],
    ['CPU alone', { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 60 } } }] }],
    ['a metric of another kind', { metrics: [{ type: 'External' }] }],
    ['a target that says nothing', { metrics: [{ type: 'Resource', resource: { name: 'memory', target: {} } }] }],
  ])('finds nothing with %s', (_, spec) => {
    expect(check({ idle: '600Mi', spec })).toEqual([]);
  });

  test('finds an autoscaler that may add pods and never removes any, whatever they use', () => {
    const behavior = { scaleDown: { selectPolicy: 'Disabled' } };
    const finding = {
      object: 'HorizontalPodAutoscaler stt-hpa',
      field: 'spec.behavior.scaleDown.selectPolicy',
      got: 'Disabled',
      remedy:
        "No pod that a burst added is ever removed. Set it to 'Max' with policies that are as slow as you like, or " +
        "'minReplicas' to 'maxReplicas' for a fixed count.",
    };

    expect(check({ spec: { behavior } })).toEqual([finding]);
    expect(check({ idle: '600Mi', spec: { behavior } })).toEqual([finding]);
    expect(check({ spec: { behavior, metrics: undefined } })).toEqual([finding]);
    expect(check({ spec: { behavior, minReplicas: undefined, maxReplicas: 2 } })).toEqual([finding]);
    expect(check({ spec: { behavior: { scaleDown: { selectPolicy: 'Min' } } } })).toEqual([]);
  });

  test.each<[string, Manifest['spec']]>([
    ['its range has no room', { minReplicas: 8 }],
    [
      'it may add none',
      { behavior: { scaleUp: { selectPolicy: 'Disabled' }, scaleDown: { selectPolicy: 'Disabled' } } },
    ],
    ['it has no maximum', { maxReplicas: undefined }],
  ])('needs no way down where %s', (_, spec) => {
    expect(check({ idle: '600Mi', spec: { behavior: { scaleDown: { selectPolicy: 'Disabled' } }, ...spec } })).toEqual(
      [],
    );
  });

  test('takes one pod for the minimum where none is said', () => {
    // To come back to 1 the usage must not exceed 35 %.
    expect(check({ idle: '251Mi', spec: { minReplicas: undefined } })).toEqual([]);
    expect(check({ idle: '252Mi', spec: { minReplicas: undefined } })).toHaveLength(1);
  });

  test('finds nothing where the pods request no memory, which is another rule’s', () => {
    expect(check({ idle: '600Mi', memory: 'much' })).toEqual([]);
  });

  test('has no runaway to tell of in a fixed range with room of none', () => {
    expect(check({ idle: '600Mi', spec: { minReplicas: 7 } })[0]?.remedy).toContain('at 7 up to ');
  });
});

describe('idle-memory-assumed', () => {
  test('is advice', () => {
    expect(idleMemoryAssumed.severity).toBe('advice');
  });

  test('says nothing where the idle working set was measured or declared', () => {
    expect(check({}, idleMemoryAssumed)).toEqual([]);
    expect(check({ idle: '600Mi' }, idleMemoryAssumed)).toEqual([]);
    expect(check({ model: 'medical', idle: '600Mi' }, idleMemoryAssumed)).toEqual([]);
  });

  test('assumes seven tenths of what another size needs, and says so where that is too much', () => {
    // base in int8 needs 704Mi: 493Mi are assumed, and 46 % of 1050Mi.
    expect(check({ model: 'base', memory: '1050Mi' }, idleMemoryAssumed)).toEqual([]);
    expect(check({ model: 'base', memory: '704Mi' }, idleMemoryAssumed)).toEqual([
      {
        object: 'HorizontalPodAutoscaler stt-hpa',
        field: 'spec.metrics[memory].averageUtilization',
        got: '70 %',
        remedy: expect.stringMatching(
          /^Assumed are 493Mi\. From 8 pods .* Raise 'memory' to 1049Mi, or 'minReplicas' to 8/,
        ),
      },
    ]);
    expect(check({ model: 'base', memory: '704Mi' })).toEqual([]);
  });

  test('says nothing of pods that the autoscaler never removes, which is an error of its own', () => {
    const spec = { behavior: { scaleDown: { selectPolicy: 'Disabled' } } };

    expect(check({ model: 'base', memory: '704Mi', spec }, idleMemoryAssumed)).toEqual([]);
  });

  test('asks for the idle working set of a model of your own, with the table to compare it with', () => {
    expect(check({ model: 'medical' }, idleMemoryAssumed)).toEqual([
      {
        object: 'HorizontalPodAutoscaler stt-hpa',
        field: 'spec.metrics[memory].averageUtilization',
        got: '70 %',
        remedy: `${BANDS} Give the 'idleMemory' that you measured.`,
      },
    ]);
  });
});
