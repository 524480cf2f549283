import { audit } from './audit';
import * as objects from './object-checks';
import * as pods from './pod-checks';

/** What C-0076 takes as a label that tells workloads apart. */
const TELLING_LABELS = ['app', 'tier', 'phase', 'version', 'owner', 'env'];

/**
 * https://github.com/kubescape/regolibrary controls. Left out are those that look into the image or the cluster
 * (C-0078 allowed registries, C-0236 and C-0237 signatures, C-0266 certificates of Gateways, C-0293, C-0298, C-0302)
 * and the half of C-0211 that wants SELinux options and supplemental groups, which only the owner of the nodes can name.
 */
audit(
  'Kubescape',
  {
    'C-0004': (app) => [...pods.states('requests', 'memory')(app), ...pods.states('limits', 'memory')(app)],
    'C-0009': (app) => [...pods.states('limits', 'cpu')(app), ...pods.states('limits', 'memory')(app)],
    'C-0050': (app) => [...pods.states('requests', 'cpu')(app), ...pods.states('limits', 'cpu')(app)],
    'C-0268': pods.states('requests', 'cpu'),
    'C-0269': pods.states('requests', 'memory'),
    'C-0270': pods.states('limits', 'cpu'),
    'C-0271': pods.states('limits', 'memory'),
    'C-0012': pods.hasNoVariable(/key|token|secret|password|bearer|credential/i),
    'C-0207': pods.readsNoSecretIntoVariables,
    'C-0295': pods.readsNoSecretIntoVariables,
    'C-0013': (app) => [...pods.runsAsNonRoot(app), ...pods.hasHighGroup(app)],
    'C-0016': pods.cannotEscalate,
    'C-0017': pods.hasReadOnlyRoot,
    'C-0018': pods.hasProbe('readinessProbe'),
    'C-0056': pods.hasProbe('livenessProbe'),
    'C-0030': objects.isIsolated,
    'C-0260': objects.isIsolated,
    'C-0299': objects.policySelectsPods,
    'C-0034': pods.hasNoToken,
    'C-0261': pods.hasNoToken,
    'C-0053': pods.hasNoToken,
    'C-0294': pods.hasOwnServiceAccount,
    'C-0307': pods.serviceAccountExists,
    'C-0038': (app) => [...pods.noHost('hostPID')(app), ...pods.noHost('hostIPC')(app)],
    'C-0041': pods.noHost('hostNetwork'),
    'C-0044': pods.hasNoHostPort,
    'C-0045': pods.hasNoHostPath,
    'C-0048': pods.hasNoHostPath,
    'C-0074': pods.mountsNoDockerSocket,
    'C-0046': pods.addsNoCapability,
    'C-0055': (app) => [...pods.dropsAllCapabilities(app), ...pods.hasSeccompProfile(app)],
    'C-0057': pods.isUnprivileged,
    'C-0061': objects.isNamespaced,
    'C-0212': objects.isNamespaced,
    'C-0075': (app) => [...pods.hasTag(app), ...pods.pullsAlways(app)],
    'C-0306': pods.hasDigest,
    'C-0076': objects.labelled((key) => TELLING_LABELS.includes(key), 'no label that tells what it is'),
    'C-0077': objects.labelled((key) => key.startsWith('app.kubernetes.io/'), 'no recommended label'),
    'C-0210': pods.hasSeccompProfile,
    'C-0211': (app) => [...pods.podHasSecurityContext(app), ...pods.containerHasSecurityContext(app)],
    'C-0256': objects.serviceIsInternal,
    'C-0263': objects.ingressHasTls,
    'C-0296': objects.leavesReplicasToItsAutoscaler,
    'C-0300': objects.scalesSomething,
    'C-0305': objects.selectsItsPods,
  },
  [
    {
      check: 'C-0012',
      reason: 'STT_API_KEYS_FILE names a file: the keys are mounted from a Secret, and stand in no manifest',
      apps: ['production'],
    },
    {
      check: 'C-0306',
      reason: 'the app names the image by its tag alone, and says why in an annotation that Checkov reads',
      apps: ['minimal', 'voice-agent-phase5'],
      annotation: ['checkov.io/skip1', /^CKV_K8S_43=.{20,}/],
    },
  ],
);
