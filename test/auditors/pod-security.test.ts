import { audit } from './audit';
import * as pods from './pod-checks';

/** Ports that the kubelet may be told to ask elsewhere: refused since Kubernetes 1.34. */
const asksItsOwnPod = pods.everyRunningContainer(
  ({ livenessProbe, readinessProbe, startupProbe }) =>
    [livenessProbe, readinessProbe, startupProbe].every((probe) => probe?.httpGet?.host === undefined),
  'a probe of another host',
);

/** Pod Security Standards, `restricted`: k8s.io/pod-security-admission policy/check_*.go, by the name of the file. */
audit('Pod Security restricted', {
  hostNamespaces: (app) => (['hostIPC', 'hostNetwork', 'hostPID'] as const).flatMap((name) => pods.noHost(name)(app)),
  privileged: pods.isUnprivileged,
  capabilities_baseline: pods.addsNoCapability,
  capabilities_restricted: pods.dropsAllCapabilities,
  hostPathVolumes: pods.hasNoHostPath,
  hostPorts: pods.hasNoHostPort,
  procMount: pods.hasDefaultProcMount,
  seccompProfile_baseline: pods.hasSeccompProfile,
  seccompProfile_restricted: pods.hasSeccompProfile,
  sysctls: pods.hasNoSysctls,
  windowsHostProcess: pods.isNoHostProcess,
  hostProbesAndhostLifecycle: asksItsOwnPod,
  restrictedVolumes: pods.hasRestrictedVolumes,
  allowPrivilegeEscalation: pods.cannotEscalate,
  runAsNonRoot: pods.runsAsNonRoot,
  runAsUser: pods.hasHighUser,
});
