import { audit } from './audit';
import * as objects from './object-checks';
import * as pods from './pod-checks';

/**
 * https://github.com/aquasecurity/trivy-checks checks/kubernetes. Left out are KSV-0002 (speaks only of custom AppArmor
 * profiles) and KSV-0034 (public registries: the image is the user's to host).
 */
audit(
  'Trivy',
  {
    'KSV-0001': pods.cannotEscalate,
    'KSV-0003': pods.dropsAllCapabilities,
    'KSV-0004': pods.dropsAllCapabilities,
    'KSV-0005': pods.addsNoCapability,
    'KSV-0006': pods.mountsNoDockerSocket,
    'KSV-0007': pods.noHost('hostNetwork'),
    'KSV-0008': pods.noHost('hostIPC'),
    'KSV-0009': pods.noHost('hostNetwork'),
    'KSV-0010': pods.noHost('hostPID'),
    'KSV-0011': pods.states('limits', 'cpu'),
    'KSV-0012': pods.runsAsNonRoot,
    'KSV-0013': pods.hasTag,
    'KSV-0014': pods.hasReadOnlyRoot,
    'KSV-0015': pods.states('requests', 'cpu'),
    'KSV-0016': pods.states('requests', 'memory'),
    'KSV-0017': pods.isUnprivileged,
    'KSV-0018': pods.states('limits', 'memory'),
    'KSV-0020': pods.hasHighUser,
    'KSV-0021': pods.hasHighGroup,
    'KSV-0022': pods.addsNoCapability,
    'KSV-0023': pods.hasNoHostPath,
    'KSV-0024': pods.hasNoHostPort,
    'KSV-0026': pods.hasNoSysctls,
    'KSV-0027': pods.hasDefaultProcMount,
    'KSV-0028': pods.hasRestrictedVolumes,
    'KSV-0030': pods.hasSeccompProfile,
    'KSV-0036': pods.hasNoToken,
    'KSV-0037': objects.isNamespaced,
    'KSV-0038': objects.policyNamesPeers,
    'KSV-0039': objects.limitRangeIsWhole,
    'KSV-0040': objects.quotaIsWhole,
    'KSV-0104': pods.hasSeccompProfile,
    'KSV-0105': pods.hasHighUser,
    'KSV-0106': pods.dropsAllCapabilities,
    'KSV-0107': objects.rollsOut,
    'KSV-0108': objects.serviceHasNoExternalIps,
    'KSV-0109': objects.configMapsAreHarmless,
    'KSV-0110': objects.isNamespaced,
    'KSV-0116': pods.hasHighGroup,
    'KSV-0117': pods.hasNoPrivilegedPort,
    'KSV-0118': pods.podHasSecurityContext,
    'KSV-0119': pods.addsNoCapability,
    'KSV-0120': pods.addsNoCapability,
    'KSV-0121': pods.hasNoHostPath,
    'KSV-01010': objects.configMapsAreHarmless,
    'KCV-0093': objects.ingressAnnotationsAreHarmless,
  },
  [
    {
      check: 'KSV-0039',
      reason: 'a maximum and defaults would hand resources to a container that states none; a ratio alone refuses it',
      inTrivyIgnore: true,
    },
  ],
);
