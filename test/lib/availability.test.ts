import { ApiObject, JsonPatch } from 'cdk8s';
import { failure, synthesize, type Synthesized, type SynthesizedObject } from './synthesize';

const SELECTOR = { 'app.kubernetes.io/name': 'whisper-stt', 'app.kubernetes.io/instance': 'stt-service' };
const SPREAD = 'spec.template.spec.topologySpreadConstraints';
const AFFINITY = 'spec.template.spec.affinity';

function budgetOf({ objects }: Synthesized): SynthesizedObject | undefined {
  return objects.find(({ kind }) => kind === 'PodDisruptionBudget');
}

describe('the disruption budget', () => {
  test('lets node drains take one pod away at a time, and pods that never became ready always', () => {
    const budget = budgetOf(synthesize());

    expect(budget).toMatchObject({
      apiVersion: 'policy/v1',
      metadata: { name: 'stt-service', namespace: 'voice-agent-phase5' },
    });
    expect(budget).toHaveProperty('spec', {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: SELECTOR },
    });
  });

  test('can be wider', () => {
    expect(budgetOf(synthesize({ minReplicas: 4, maxUnavailablePods: 3 }))).toHaveProperty('spec.maxUnavailable', 3);
  });

  test('can be left out', () => {
    const synthesized = synthesize({ podDisruptionBudget: false });

    expect(budgetOf(synthesized)).toBeUndefined();
    expect(synthesized.service.podDisruptionBudget).toBeUndefined();
  });

  test('has no width where it is left out', () => {
    expect(failure(() => synthesize({ podDisruptionBudget: false, maxUnavailablePods: 1 }))).toContain(
      '[disruption-budget-off] maxUnavailablePods is 1: it has no effect with podDisruptionBudget: false.',
    );
  });

  test('leaves a pod, unless there is only one', () => {
    expect(failure(() => synthesize({ maxUnavailablePods: 2 }))).toContain(
      '[max-unavailable-invalid] maxUnavailablePods is 2: node drains could take all of the 2 pods of minReplicas at once.',
    );
    expect(failure(() => synthesize({ minReplicas: 3, maxUnavailablePods: 2 }))).toBe('');
    expect(failure(() => synthesize({ minReplicas: 1, maxUnavailablePods: 1 }))).toBe('');
  });

  test('is a child that can be patched', () => {
    const synthesized = synthesize(
      {},
      {
        change: ({ podDisruptionBudget }) => {
          podDisruptionBudget!.addJsonPatch(JsonPatch.replace('/spec/maxUnavailable', '25%'));
        },
      },
    );

    expect(budgetOf(synthesized)).toHaveProperty('spec.maxUnavailable', '25%');
  });

  test.each([0, -1, 1.5])('of %d pods would block every drain, or is none', (maxUnavailablePods) => {
    expect(failure(() => synthesize({ maxUnavailablePods }))).toContain(
      `[max-unavailable-invalid] maxUnavailablePods is ${maxUnavailablePods}: it must be a whole number of at least 1.`,
    );
  });
});

describe('spreading', () => {
  test('is even over zones and hosts, counts pods of one revision, and never leaves a pod pending', () => {
    const rest = {
      maxSkew: 1,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: SELECTOR },
      matchLabelKeys: ['pod-template-hash'],
    };

    expect(synthesize().deployment).toHaveProperty(SPREAD, [
      { topologyKey: 'topology.kubernetes.io/zone', ...rest },
      { topologyKey: 'kubernetes.io/hostname', ...rest },
    ]);
  });

  test('prefers hosts that run no other pod of the service', () => {
    expect(synthesize().deployment).toHaveProperty(AFFINITY, {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: SELECTOR } },
          },
        ],
      },
    });
  });

  test('demands no node and no zone for each pod, which `spread` of cdk8s-plus-28 would', () => {
    expect(JSON.stringify(synthesize().deployment)).not.toContain('requiredDuringScheduling');
    expect(JSON.stringify(synthesize().deployment)).not.toContain('DoNotSchedule');
  });

  test('can be switched off, each by itself', () => {
    const withoutSpread = synthesize({ topologySpread: false }).deployment;
    const withoutAntiAffinity = synthesize({ hostAntiAffinity: false }).deployment;

    expect(withoutSpread).not.toHaveProperty(SPREAD);
    expect(withoutSpread).toHaveProperty(AFFINITY);
    expect(withoutAntiAffinity).toHaveProperty(SPREAD);
    expect(withoutAntiAffinity).not.toHaveProperty(AFFINITY);
  });

  test('adds to what users ask of cdk8s-plus, and does not overrule it', () => {
    const { deployment } = synthesize(
      {},
      {
        change: ({ deployment: pods }) => {
          pods.scheduling.colocate(pods, { weight: 1 });
        },
      },
    );

    expect(deployment).toHaveProperty(`${AFFINITY}.podAffinity`);
    expect(deployment).toHaveProperty(`${AFFINITY}.podAntiAffinity`);
  });

  test('follows the name of the service', () => {
    const { service, deployment } = synthesize({ name: 'dictation' });

    expect(ApiObject.of(service).name).toBe('dictation');
    expect(deployment).toHaveProperty(`${SPREAD}[0].labelSelector.matchLabels`, {
      ...SELECTOR,
      'app.kubernetes.io/instance': 'dictation',
    });
  });
});
