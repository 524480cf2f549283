import { autoscalersOf, containersOf, whisperPodsOf, type Manifest } from '../../../lib/policy/manifest';
import { autoscalerOf, serverContainer } from './manifests';

const metadata = { name: 'stt' };
const pod = { containers: [serverContainer()], initContainers: [{ name: 'copy' }] };

const WORKLOADS: Manifest[] = [
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'].map((kind) => ({
    kind,
    metadata,
    spec: { template: { spec: pod } },
  })),
  { kind: 'CronJob', metadata, spec: { jobTemplate: { spec: { template: { spec: pod } } } } },
  { kind: 'Pod', metadata, spec: pod },
];

describe('the pods that rules look at', () => {
  test.each(WORKLOADS.map((manifest) => [manifest.kind, manifest] as const))('are those of a %s', (kind, manifest) => {
    expect(whisperPodsOf([manifest])).toEqual([{ manifest, object: `${kind} stt`, pod }]);
    expect(containersOf([manifest]).map(({ field }) => field)).toEqual(['initContainers[copy]', 'containers[server]']);
  });

  test.each<[string, Manifest]>([
    ['a pod of something else', { kind: 'Pod', metadata, spec: { containers: [{ name: 'web' }] } }],
    ['a pod of nothing', { kind: 'Pod', metadata }],
    ['a CronJob of nothing', { kind: 'CronJob', metadata, spec: { jobTemplate: {} } }],
    ['an object of another kind that has containers', { kind: 'Other', metadata, spec: pod }],
  ])('are not %s', (_, manifest) => {
    expect(whisperPodsOf([manifest])).toEqual([]);
  });

  test('are found from an autoscaler by kind and name', () => {
    const ofStatefulSet = autoscalerOf({ scaleTargetRef: { kind: 'StatefulSet', name: 'stt' } });

    expect(autoscalersOf([...WORKLOADS, ofStatefulSet])).toEqual([
      { object: 'HorizontalPodAutoscaler stt-hpa', autoscaler: ofStatefulSet, pod },
    ]);
  });
});
