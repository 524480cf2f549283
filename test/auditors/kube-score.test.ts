import { audit } from './audit';
import * as objects from './object-checks';
import * as pods from './pod-checks';

/** https://github.com/zegl/kube-score README_CHECKS.md, optional tests too; `.ci/audit.sh` runs the tool itself. */
audit('kube-score', {
  'container-resources': (app) =>
    ['requests', 'limits'].flatMap((list) =>
      ['cpu', 'memory'].flatMap((resource) => pods.states(list as 'requests' | 'limits', resource)(app)),
    ),
  'container-resource-requests-equal-limits': (app) =>
    ['cpu', 'memory'].flatMap((resource) => pods.requestEqualsLimit(resource)(app)),
  'container-cpu-requests-equal-limits': pods.requestEqualsLimit('cpu'),
  'container-memory-requests-equal-limits': pods.requestEqualsLimit('memory'),
  'container-ephemeral-storage-request-and-limit': (app) => [
    ...pods.states('requests', 'ephemeral-storage')(app),
    ...pods.states('limits', 'ephemeral-storage')(app),
  ],
  'container-ephemeral-storage-request-equals-limit': pods.requestEqualsLimit('ephemeral-storage'),
  'pod-probes': (app) => [...pods.hasProbe('readinessProbe')(app), ...pods.hasProbe('livenessProbe')(app)],
  'pod-probes-identical': pods.probesDiffer,
  'container-image-tag': pods.hasTag,
  'container-image-pull-policy': pods.pullsAlways,
  'container-security-context-user-group-id': (app) => [...pods.hasHighUser(app), ...pods.hasHighGroup(app)],
  'container-security-context-privileged': pods.isUnprivileged,
  'container-security-context-readonlyrootfilesystem': pods.hasReadOnlyRoot,
  'container-seccomp-profile': pods.hasSeccompProfile,
  'container-ports-check': pods.hasNoHostPort,
  'environment-variable-key-duplication': pods.hasNoDuplicateVariables,
  'label-values': objects.hasValidLabels,
  'deployment-strategy': objects.rollsOut,
  'deployment-replicas': objects.leavesReplicasToItsAutoscaler,
  'deployment-pod-selector-labels-match-template-metadata-labels': objects.selectsItsPods,
  'stable-version': objects.hasStableApi,
  'deployment-has-host-podantiaffinity': objects.keepsOffSharedHosts,
  'pod-topology-spread-constraints': objects.spreadsItsPods,
  'horizontalpodautoscaler-has-target': objects.scalesSomething,
  'horizontalpodautoscaler-replicas': objects.keepsReplicas(2),
  'deployment-targeted-by-hpa-does-not-have-replicas-configured': objects.leavesReplicasToItsAutoscaler,
  'deployment-has-poddisruptionbudget': objects.hasBudget,
  'poddisruptionbudget-has-policy': objects.budgetStates,
  'pod-networkpolicy': objects.isIsolated,
  'networkpolicy-targets-pod': objects.policySelectsPods,
  'service-targets-pod': objects.serviceHasPods,
  'service-type': objects.serviceIsInternal,
  'ingress-targets-service': objects.ingressHasService,
});
