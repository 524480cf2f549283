import { audit } from './audit';
import * as objects from './object-checks';
import * as pods from './pod-checks';

/**
 * https://github.com/stackrox/kube-linter pkg/builtinchecks. Of those that are off by default, left out are
 * `minimum-three-replicas` and `hpa-minimum-three-replicas` (two replicas outlive a node, a zone, an upgrade),
 * `priority-class-name` (takes only the classes of the system), `required-label-owner`, `required-annotation-email`,
 * `no-node-affinity` and `dnsconfig-options` (the house's own to say), `sorted-keys` (cdk8s sorts all it writes),
 * `schema-validation` (`npm run audit` validates against each release), and `dangling-networkpolicypeer-podselector`
 * (callers, DNS and Prometheus are in other manifests).
 */
audit('kube-linter', {
  'unset-cpu-requirements': (app) => [...pods.states('requests', 'cpu')(app), ...pods.states('limits', 'cpu')(app)],
  'unset-memory-requirements': (app) => [
    ...pods.states('requests', 'memory')(app),
    ...pods.states('limits', 'memory')(app),
  ],
  'liveness-port': pods.probesDeclaredPort('livenessProbe'),
  'readiness-port': pods.probesDeclaredPort('readinessProbe'),
  'startup-port': pods.probesDeclaredPort('startupProbe'),
  'no-liveness-probe': pods.hasProbe('livenessProbe'),
  'no-readiness-probe': pods.hasProbe('readinessProbe'),
  'latest-tag': pods.hasTag,
  'run-as-non-root': pods.runsAsNonRoot,
  'privileged-container': pods.isUnprivileged,
  'privilege-escalation-container': pods.cannotEscalate,
  'no-read-only-root-fs': pods.hasReadOnlyRoot,
  'drop-net-raw-capability': pods.dropsAllCapabilities,
  'host-ipc': pods.noHost('hostIPC'),
  'host-network': pods.noHost('hostNetwork'),
  'host-pid': pods.noHost('hostPID'),
  'sensitive-host-mounts': pods.hasNoHostPath,
  'writable-host-mount': pods.hasNoHostPath,
  'docker-sock': pods.mountsNoDockerSocket,
  'unsafe-sysctls': pods.hasNoSysctls,
  'ssh-port': pods.hasNoPort(22),
  'privileged-ports': pods.hasNoPrivilegedPort,
  'unsafe-proc-mount': pods.hasDefaultProcMount,
  'default-service-account': pods.hasOwnServiceAccount,
  'non-existent-service-account': pods.serviceAccountExists,
  'deprecated-service-account-field': pods.hasNoDeprecatedServiceAccount,
  'duplicate-env-var': pods.hasNoDuplicateVariables,
  'env-var-secret': pods.hasNoVariable(/secret/i),
  'read-secret-from-env-var': pods.readsNoSecretIntoVariables,
  'env-value-from': pods.readsNoSecretIntoVariables,
  'use-namespace': objects.isNamespaced,
  'mismatching-selector': objects.selectsItsPods,
  'no-extensions-v1beta': objects.hasStableApi,
  'no-rolling-update-strategy': objects.rollsOut,
  'restart-policy': pods.restartsAlways,
  'no-anti-affinity': objects.keepsOffSharedHosts,
  'dangling-horizontalpodautoscaler': objects.scalesSomething,
  'pdb-max-unavailable': objects.budgetAllows,
  'pdb-min-available': objects.budgetFollowsAutoscaler,
  'pdb-unhealthy-pod-eviction-policy': objects.budgetFreesUnhealthyPods,
  'non-isolated-pod': objects.isIsolated,
  'dangling-networkpolicy': objects.policySelectsPods,
  'dangling-service': objects.serviceHasPods,
  'invalid-target-ports': objects.serviceHasDeclaredPorts,
  'exposed-services': objects.serviceIsInternal,
  'dangling-ingress': objects.ingressHasService,
  'dangling-servicemonitor': objects.monitorHasService,
});
