import { Cpu } from 'cdk8s-plus-28';
import { Size } from 'cdk8s';
import { explain } from '../../../lib/explanation/explain';
import { PURPOSES } from '../../../lib/explanation/purposes';
import { table } from '../../../lib/explanation/table';
import type { Manifest } from '../../../lib/policy/manifest';
import { autoscalerOf, deploymentOf, serverContainer } from '../policy/manifests';
import { synthesize } from '../synthesize';

const DEPLOYMENT = deploymentOf({ containers: [serverContainer()] });

/** Cells of the line that begins with the text. */
function row(text: string, start: string): string[] {
  const line = text.split('\n').find((candidate) => candidate.startsWith(start)) ?? '';
  return line.split(/ {2,}/);
}

describe('service.explain()', () => {
  test('has a row for every object, why it exists and what changes it', () => {
    const { service, objects } = synthesize();
    const text = service.explain();

    for (const { kind, metadata } of objects) {
      const { why, props } = PURPOSES[kind]!;
      expect(row(text, `${kind} ${metadata.name}`)).toEqual([`${kind} ${metadata.name}`, why, props]);
    }
  });

  test('says what the pods can come to use at the minimum, at the maximum and in a rollout', () => {
    const text = synthesize({ minReplicas: 3, maxReplicas: 10, cpus: 4, memory: Size.gibibytes(1) }).service.explain();

    expect(text).toContain('Worst case of Deployment stt-service in voice-agent-phase5:\nLOAD ');
    expect(row(text, 'minimum')).toEqual(['minimum', '3', '12', '3072Mi']);
    expect(row(text, 'maximum')).toEqual(['maximum', '10', '40', '10240Mi']);
    expect(row(text, 'rollout')).toEqual(['rollout at the maximum', '11', '44', '11264Mi']);
  });

  test('counts sidecars that were added afterwards', () => {
    const cpu = { request: Cpu.millis(100), limit: Cpu.millis(100) };
    const memory = { request: Size.mebibytes(50), limit: Size.mebibytes(50) };
    const { service } = synthesize(
      {},
      {
        change: ({ deployment }) =>
          deployment.addContainer({ name: 'logs', image: 'logs:3', resources: { cpu, memory } }),
      },
    );

    expect(row(service.explain(), 'minimum')).toEqual(['minimum', '2', '4.2', '1500Mi']);
    // Seven CPUs of eight hold three pods of two; with 100m more each they hold three of 2.1 as well.
    expect(row(service.explain(), '8 ').slice(0, 2)).toEqual(['8', '3']);
    expect(row(service.explain(), '64 ').slice(0, 2)).toEqual(['64', '30']);
  });
});

describe('explain', () => {
  test('says how many nodes of which size it takes', () => {
    const text = explain([DEPLOYMENT, autoscalerOf()]);

    expect(row(text, 'NODE OF')).toEqual([
      'NODE OF CPUS',
      'PODS ON IT',
      'NODES AT MINIMUM',
      'AT MAXIMUM',
      'IN A ROLLOUT',
    ]);
    expect(row(text, '4 ')).toEqual(['4', '1', '2', '8', '10']);
    expect(row(text, '16 ')).toEqual(['16', '7', '1', '2', '2']);
  });

  test('has no number of nodes for nodes that are too small', () => {
    const resources = { requests: { cpu: '4', memory: '1Gi' } };
    const text = explain([deploymentOf({ containers: [serverContainer({ resources })] }), autoscalerOf()]);

    expect(row(text, '4 ')).toEqual(['4', '0', '–', '–', '–']);
  });

  test('takes the surge that the Deployment states, or 25 % as Kubernetes does', () => {
    const stated: Manifest = {
      ...DEPLOYMENT,
      spec: { ...DEPLOYMENT.spec, strategy: { rollingUpdate: { maxSurge: 3 } } },
    };

    expect(row(explain([DEPLOYMENT, autoscalerOf()]), 'rollout')[1]).toBe('10');
    expect(row(explain([stated, autoscalerOf()]), 'rollout')[1]).toBe('11');
  });

  test.each(['StatefulSet', 'Pod'])('counts no pods of a surge for a %s, which has none', (kind) => {
    const pod = DEPLOYMENT.spec?.template?.spec;
    const spec = kind === 'Pod' ? pod : DEPLOYMENT.spec;

    expect(row(explain([{ ...DEPLOYMENT, kind, spec }]), 'rollout')[1]).toBe('1');
  });

  test.each<[string, Manifest | undefined, number | undefined, string, string]>([
    ['the range of its autoscaler', autoscalerOf(), 5, '2', '8'],
    ['its own count without an autoscaler', undefined, 5, '5', '5'],
    ['one pod where nothing says more', undefined, undefined, '1', '1'],
    [
      "its own count beside another's autoscaler",
      autoscalerOf({ scaleTargetRef: { kind: 'Deployment', name: 'web' } }),
      5,
      '5',
      '5',
    ],
    [
      "its own count beside another kind's autoscaler",
      autoscalerOf({ scaleTargetRef: { kind: 'StatefulSet', name: 'stt' } }),
      5,
      '5',
      '5',
    ],
    [
      'one pod and the maximum where the autoscaler has no minimum',
      autoscalerOf({ minReplicas: undefined }),
      undefined,
      '1',
      '8',
    ],
  ])('takes %s', (_, autoscaler, replicas, min, max) => {
    const deployment: Manifest = { ...DEPLOYMENT, spec: { ...DEPLOYMENT.spec, replicas } };
    const text = explain(autoscaler ? [deployment, autoscaler] : [deployment]);

    expect(row(text, 'minimum')[1]).toBe(min);
    expect(row(text, 'maximum')[1]).toBe(max);
  });

  test('keeps namespaces apart', () => {
    const autoscaler = { ...autoscalerOf(), metadata: { name: 'stt-hpa', namespace: 'elsewhere' } };

    expect(row(explain([DEPLOYMENT, autoscaler]), 'maximum')[1]).toBe('1');
  });

  test('says so of objects that others made, and of pods without a server says no more', () => {
    const text = explain([
      { kind: 'Widget', metadata: { name: 'x' } },
      { kind: 'Deployment', metadata: { name: 'web' } },
    ]);

    expect(row(text, 'Widget x')).toEqual(['Widget x', 'made by the app, not by a WhisperSttService']);
    expect(text).not.toContain('Worst case');
    expect(explain([DEPLOYMENT])).toContain('Worst case of Deployment stt:');
  });

  test('does not stumble over pods without resources', () => {
    const text = explain([deploymentOf({ containers: [serverContainer({ resources: undefined })] })]);

    expect(row(text, 'minimum')).toEqual(['minimum', '1', '0', '0Mi']);
    expect(text).not.toContain('NODE OF CPUS');
  });
});

describe('a table', () => {
  test('has columns as wide as they need, and nothing behind the last', () => {
    expect(
      table(
        ['a', 'name', 'x'],
        [
          ['1', 'n', 'long'],
          ['22', '', ''],
        ],
      ),
    ).toBe('A   NAME  X\n1   n     long\n22');
  });
});
