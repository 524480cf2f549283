import { ApiObject, JsonPatch } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Identity } from './identity';
import type { KubernetesVersion } from './kubernetes-version';
import { NAMESPACE_NAME_LABEL } from './network-peer';
import type { PropFaults } from './prop-faults';

/** What the cluster refuses at admission. */
export interface AdmissionPolicyProps {
  /**
   * Whether to emit a ValidatingAdmissionPolicy that refuses pods of this service which would not be Guaranteed and
   * pinned, whoever changed them: a patch, a webhook that injects a sidecar, a person with `kubectl edit`.
   *
   * Needs `kubernetesVersion` 1.30 or later, and the right to create objects of the whole cluster.
   *
   * @default false
   */
  readonly admissionPolicy?: boolean;
}

/** ValidatingAdmissionPolicy is in admissionregistration.k8s.io/v1 since then (KEP-3488). */
const FIRST_MINOR = 30;

const API_VERSION = 'admissionregistration.k8s.io/v1';

/** The policy, and the binding that puts it into force. */
export interface AdmissionPolicy {
  readonly policy: ApiObject;
  readonly binding: ApiObject;
}

export function admissionPolicyEnabled(
  props: AdmissionPolicyProps,
  version: KubernetesVersion,
  faults: PropFaults,
): boolean {
  const enabled = props.admissionPolicy ?? false;
  if (enabled && !version.atLeast(FIRST_MINOR)) {
    faults.add(
      'admission-policy-unsupported',
      'admissionPolicy',
      'true',
      `kubernetesVersion is ${version.toString()}, and ValidatingAdmissionPolicy needs 1.${FIRST_MINOR}. Say ` +
        "kubernetesVersion: '1.30' where every cluster has it, or leave the policy out: synth checks the same.",
    );
  }
  return enabled;
}

/** Plain objects: cdk8s-plus-28 knows the alpha and beta versions alone. */
export function createAdmissionPolicy(scope: Construct, identity: Identity): AdmissionPolicy {
  // Both are objects of the cluster: the name has the namespace in it, so that each has its own.
  const name = `${identity.name}-guaranteed.${identity.namespace}`;
  const metadata = { name, labels: identity.labels };
  const policy = new ApiObject(scope, 'AdmissionPolicy', {
    apiVersion: API_VERSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          // Not UPDATE: of a running pod only its resources can change, and a pod that is older than the policy must
          // still be able to end.
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
          { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['pods/resize'] },
        ],
      },
      matchConditions: [
        {
          name: 'pods-of-the-service',
          expression: Object.entries(identity.selector)
            .map(([key, value]) => `object.metadata.?labels['${key}'].orValue('') == '${value}'`)
            .join(' && '),
        },
      ],
      // Native sidecars count for the quality of service as containers do.
      variables: [
        { name: 'all', expression: 'object.spec.containers + object.spec.?initContainers.orValue([])' },
        { name: 'server', expression: `object.spec.containers.filter(c, c.name == '${identity.name}')` },
      ],
      validations: [
        {
          expression:
            "variables.all.all(c, ['cpu', 'memory'].all(r, " +
            'has(c.resources) && has(c.resources.limits) && has(c.resources.requests) && ' +
            'r in c.resources.limits && r in c.resources.requests && ' +
            // Zeros are no amounts to Kubernetes: a container with 0 of both makes the pod Burstable.
            "quantity(c.resources.limits[r]).isGreaterThan(quantity('0')) && " +
            'quantity(c.resources.limits[r]).compareTo(quantity(c.resources.requests[r])) == 0))',
          message:
            'every container of a Whisper pod needs CPU and memory requests equal to its limits and above 0, or the pod is not Guaranteed',
          reason: 'Invalid',
        },
        {
          expression:
            'variables.server.size() == 1 && variables.server.all(c, ' +
            "has(c.resources) && has(c.resources.requests) && 'cpu' in c.resources.requests && " +
            "quantity(c.resources.requests['cpu']).isInteger())",
          message: `the container ${identity.name} of a Whisper pod needs a whole number of CPUs, or it is not pinned`,
          reason: 'Invalid',
        },
      ],
    },
  });
  const binding = new ApiObject(scope, 'AdmissionPolicyBinding', {
    apiVersion: API_VERSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: {
      policyName: name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: identity.namespace } } },
    },
  });
  for (const object of [policy, binding]) {
    // cdk8s stamps the chart's namespace on objects of the cluster too.
    if (object.metadata.namespace !== undefined) {
      object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
    }
  }
  return { policy, binding };
}
