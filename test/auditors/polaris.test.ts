import { audit } from './audit';
import * as objects from './object-checks';
import * as pods from './pod-checks';

/**
 * https://github.com/FairwindsOps/polaris pkg/config/checks. Those of roles and Gateways are left out: there are none
 * in these manifests.
 */
audit(
  'Polaris',
  {
    cpuRequestsMissing: pods.states('requests', 'cpu'),
    cpuLimitsMissing: pods.states('limits', 'cpu'),
    memoryRequestsMissing: pods.states('requests', 'memory'),
    memoryLimitsMissing: pods.states('limits', 'memory'),
    livenessProbeMissing: pods.hasProbe('livenessProbe'),
    readinessProbeMissing: pods.hasProbe('readinessProbe'),
    tagNotSpecified: pods.hasTag,
    pullPolicyNotAlways: pods.pullsAlways,
    runAsRootAllowed: pods.runsAsNonRoot,
    runAsPrivileged: pods.isUnprivileged,
    privilegeEscalationAllowed: pods.cannotEscalate,
    notReadOnlyRootFilesystem: pods.hasReadOnlyRoot,
    insecureCapabilities: pods.dropsAllCapabilities,
    dangerousCapabilities: pods.addsNoCapability,
    linuxHardening: pods.hasSeccompProfile,
    hostIPCSet: pods.noHost('hostIPC'),
    hostPIDSet: pods.noHost('hostPID'),
    hostNetworkSet: pods.noHost('hostNetwork'),
    hostPathSet: pods.hasNoHostPath,
    hostPortSet: pods.hasNoHostPort,
    hostProcess: pods.isNoHostProcess,
    procMount: pods.hasDefaultProcMount,
    automountServiceAccountToken: pods.hasNoToken,
    sensitiveContainerEnvVar: pods.hasNoVariable(/password|token|bearer|secret|^azure_.+key$/i),
    sensitiveConfigmapContent: objects.configMapsAreHarmless,
    metadataAndInstanceMismatched: objects.isNamedAfterItsInstance,
    deploymentMissingReplicas: objects.statesReplicas,
    priorityClassNotSet: objects.hasPriorityClass,
    topologySpreadConstraint: objects.spreadsItsPods,
    hpaMinAvailability: objects.keepsReplicas(2),
    hpaMaxAvailability: objects.hasRange,
    missingPodDisruptionBudget: objects.hasBudget,
    pdbDisruptionsIsZero: objects.budgetAllows,
    pdbMinAvailableGreaterThanHPAMinReplicas: objects.budgetFollowsAutoscaler,
    pdbMinAvailableGreaterThanHPAMaxReplicas: objects.budgetFollowsAutoscaler,
    pdbMinAvailableEqualToHPAMinReplicas: objects.budgetFollowsAutoscaler,
    missingNetworkPolicy: objects.isIsolatedByOneLabel,
    tlsSettingsMissing: objects.ingressHasTls,
    httpRouteWildcardOrEmptyHost: objects.routeHasHosts,
    httpRouteCrossNamespaceBackendRef: objects.routeHasService,
  },
  [
    {
      check: 'deploymentMissingReplicas',
      reason: 'the number of replicas is the autoscaler’s: one in the manifest would reset it at each apply',
      annotation: ['polaris.fairwinds.com/deploymentMissingReplicas-exempt', /^true$/],
    },
    {
      check: 'priorityClassNotSet',
      reason: 'a PriorityClass is an object of the cluster, which only its owner can name',
      apps: ['minimal', 'voice-agent-phase5', 'gpu'],
    },
  ],
);
