import { ApiObject, JsonPatch } from 'cdk8s';
import type { WhisperSttServiceProps } from '../../lib';
import { synthesize } from './synthesize';

/** Everything that stands around the pods. */
const EVERYTHING: Partial<WhisperSttServiceProps> = {
  kubernetesVersion: '1.35',
  preferSameZone: true,
  ingress: { host: 'stt.example.com' },
  httpRoute: { gateway: 'public' },
  resourceQuota: true,
  limitRange: true,
  admissionPolicy: true,
  serviceMonitor: {},
};

const CHILDREN = [
  'networkPolicy',
  'ingress',
  'httpRoute',
  'resourceQuota',
  'limitRange',
  'admissionPolicy',
  'admissionPolicyBinding',
  'serviceMonitor',
] as const;

describe('the children around the pods', () => {
  test.each(CHILDREN)('%s can be reached and patched', (child) => {
    const { service, objects } = synthesize(EVERYTHING, {
      change: (changed) => {
        ApiObject.of(changed[child]!).addJsonPatch(JsonPatch.add('/metadata/annotations', { patched: child }));
      },
    });
    const { kind, name } = service[child]!;

    expect(objects.find((object) => object.kind === kind && object.metadata.name === name)).toHaveProperty(
      'metadata.annotations.patched',
      child,
    );
    expect(objects.filter((object) => JSON.stringify(object).includes('"patched"'))).toHaveLength(1);
  });

  test('are emitted before the pods where they judge or isolate them, and after where they point at the Service', () => {
    expect(synthesize(EVERYTHING).objects.map(({ kind }) => kind)).toEqual([
      'Namespace',
      'ResourceQuota',
      'LimitRange',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
      'NetworkPolicy',
      'ServiceAccount',
      'Deployment',
      'PodDisruptionBudget',
      'Service',
      'HorizontalPodAutoscaler',
      'Ingress',
      'HTTPRoute',
      'ServiceMonitor',
    ]);
  });
});
