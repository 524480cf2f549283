import { failure, synthesize, type SynthesizedObject } from './synthesize';

function admission(props: Parameters<typeof synthesize>[0] = {}): SynthesizedObject[] {
  const { objects } = synthesize(
    { admissionPolicy: true, kubernetesVersion: '1.30', ...props },
    { chart: { namespace: 'voice' } },
  );
  return objects.filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy'));
}

describe('the ValidatingAdmissionPolicy', () => {
  test('is emitted only when asked for', () => {
    const { objects, service } = synthesize({ kubernetesVersion: '1.37' });

    expect(objects.filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy'))).toEqual([]);
    expect(service.admissionPolicy).toBeUndefined();
    expect(service.admissionPolicyBinding).toBeUndefined();
  });

  test.each(['1.28', '1.29', undefined])('is refused for Kubernetes %s, which has no v1 of it', (kubernetesVersion) => {
    expect(failure(() => admission({ kubernetesVersion }))).toContain(
      '[admission-policy-unsupported] admissionPolicy is "true": kubernetesVersion is 1.2',
    );
  });

  test('is of the stable version, whole: cdk8s-plus-28 would drop what it does not know', () => {
    expect(admission()).toMatchObject([
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'stt-service-guaranteed.voice' },
        spec: {
          failurePolicy: 'Fail',
          matchConstraints: {
            resourceRules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
              { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['pods/resize'] },
            ],
          },
          matchConditions: [
            {
              expression:
                "object.metadata.?labels['app.kubernetes.io/name'].orValue('') == 'whisper-stt' && " +
                "object.metadata.?labels['app.kubernetes.io/instance'].orValue('') == 'stt-service'",
            },
          ],
          variables: [
            { name: 'all', expression: 'object.spec.containers + object.spec.?initContainers.orValue([])' },
            { name: 'server', expression: "object.spec.containers.filter(c, c.name == 'stt-service')" },
          ],
          validations: [
            {
              expression: expect.stringContaining("quantity(c.resources.limits[r]).isGreaterThan(quantity('0'))"),
              message: expect.stringContaining('requests equal to its limits and above 0'),
              reason: 'Invalid',
            },
            { message: expect.stringContaining('whole number of CPUs'), reason: 'Invalid' },
          ],
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: 'stt-service-guaranteed.voice' },
        spec: {
          policyName: 'stt-service-guaranteed.voice',
          validationActions: ['Deny'],
          matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'voice' } } },
        },
      },
    ]);
  });

  test("is an object of the cluster: the chart's namespace is not stamped on it", () => {
    for (const object of admission()) {
      expect(object.metadata).not.toHaveProperty('namespace');
    }
    for (const object of synthesize({ admissionPolicy: true, kubernetesVersion: '1.30' }).objects) {
      if (object.kind.startsWith('ValidatingAdmissionPolicy')) {
        expect(object.metadata).toEqual({
          name: 'stt-service-guaranteed.voice-agent-phase5',
          labels: expect.objectContaining({ app: 'stt-service' }),
        });
      }
    }
  });

  test('is applied before the pods that it judges', () => {
    const kinds = synthesize({ admissionPolicy: true, kubernetesVersion: '1.30' }).objects.map(({ kind }) => kind);

    expect(kinds.indexOf('ValidatingAdmissionPolicyBinding')).toBeLessThan(kinds.indexOf('Deployment'));
  });
});
