import { Duration } from 'cdk8s';
import { Node, NodeLabelQuery, NodeTaintQuery, TaintEffect } from 'cdk8s-plus-28';
import type { SchedulingProps, Toleration } from '../../lib';
import { failure, synthesize } from './synthesize';

const POD = 'spec.template.spec';
const NODES = `${POD}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;

describe('scheduling', () => {
  test('asks for no node, tolerates no taint, and has no class by default', () => {
    const { deployment } = synthesize();

    for (const field of ['nodeSelector', 'tolerations', 'priorityClassName', 'runtimeClassName']) {
      expect(deployment).not.toHaveProperty(`${POD}.${field}`);
    }
    expect(deployment).not.toHaveProperty(`${POD}.affinity.nodeAffinity`);
  });

  test('keeps the pods on the nodes whose kubelet pins CPUs', () => {
    const { deployment } = synthesize({ cpuPinningPool: { key: 'node-pool', value: 'pinned-cpus' } });

    expect(deployment).toHaveProperty(NODES, [
      { matchExpressions: [{ key: 'node-pool', operator: 'In', values: ['pinned-cpus'] }] },
    ]);
  });

  test('writes what Kubernetes calls by the same names', () => {
    const { deployment } = synthesize({
      nodeSelector: { 'kubernetes.io/arch': 'amd64' },
      priorityClassName: 'voice',
      runtimeClassName: 'nvidia',
    });

    expect(deployment).toHaveProperty(`${POD}.nodeSelector`, { 'kubernetes.io/arch': 'amd64' });
    expect(deployment).toHaveProperty(`${POD}.priorityClassName`, 'voice');
    expect(deployment).toHaveProperty(`${POD}.runtimeClassName`, 'nvidia');
  });

  test('tolerates a taint with any value, with one value, for a time, and every taint', () => {
    const { deployment } = synthesize({
      tolerations: [
        { key: 'dedicated' },
        { key: 'dedicated', value: 'voice', effect: TaintEffect.NO_SCHEDULE },
        { key: 'draining', effect: TaintEffect.NO_EXECUTE, evictAfter: Duration.minutes(2) },
        {},
      ],
    });

    expect(deployment).toHaveProperty(`${POD}.tolerations`, [
      { key: 'dedicated', operator: 'Exists' },
      { key: 'dedicated', operator: 'Equal', value: 'voice', effect: 'NoSchedule' },
      { key: 'draining', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 120 },
      { operator: 'Exists' },
    ]);
  });

  test('adds to what users ask of cdk8s-plus, and does not overrule it', () => {
    const { deployment } = synthesize(
      { cpuPinningPool: { key: 'pool', value: 'a' }, tolerations: [{ key: 'mine' }] },
      {
        change: ({ deployment: pods }) => {
          pods.scheduling.attract(Node.labeled(NodeLabelQuery.is('pool', 'b')));
          pods.scheduling.tolerate(Node.tainted(NodeTaintQuery.exists('theirs')));
        },
      },
    );

    expect(deployment).toHaveProperty(`${NODES}.length`, 2);
    expect(deployment).toHaveProperty(`${POD}.tolerations`, [
      { key: 'mine', operator: 'Exists' },
      { key: 'theirs', operator: 'Exists' },
    ]);
  });

  test.each<SchedulingProps>([
    { cpuPinningPool: { key: 'node pool', value: 'pinned' } },
    { cpuPinningPool: { key: 'node-pool', value: 'pinned cpus' } },
    { nodeSelector: { '': 'amd64' } },
    { nodeSelector: { arch: 'amd 64' } },
  ])('no node can be labelled %j', (props) => {
    expect(failure(() => synthesize(props))).toMatch(
      /\[node-label-invalid\] (cpuPinningPool|nodeSelector\[".*"\]) is ".*=.*": no node can carry it/,
    );
  });

  test.each(['priorityClassName', 'runtimeClassName'])('%s must be a name', (prop) => {
    expect(failure(() => synthesize({ [prop]: 'High Priority' }))).toContain(
      `[object-name-invalid] ${prop} is "High Priority": it must be the name of an object of the cluster.`,
    );
  });

  test.each<[Toleration, string]>([
    [{ value: 'voice' }, 'need a key'],
    [{ effect: TaintEffect.NO_SCHEDULE }, 'need a key'],
    [{ effect: TaintEffect.NO_EXECUTE, evictAfter: Duration.seconds(1) }, 'need a key'],
    [{ key: 'a b' }, 'no taint can be called that'],
    [{ key: 'a', value: 'b c' }, 'no taint can be called that'],
    [{ key: 'a', evictAfter: Duration.seconds(5) }, 'only TaintEffect.NO_EXECUTE evicts'],
    [{ key: 'a', effect: TaintEffect.NO_EXECUTE, evictAfter: Duration.millis(1500) }, 'whole seconds'],
  ])('a toleration %j is refused', (toleration, remedy) => {
    const message = failure(() => synthesize({ tolerations: [{ key: 'fine' }, toleration] }));

    expect(message).toContain('[toleration-invalid] tolerations[1]');
    expect(message).toContain(remedy);
    expect(message).not.toContain('tolerations[0]');
  });
});
