import type { Check } from './audit';
import type { AuditedApp, Container, PodTemplate, Probe, SecurityContext } from './audited-app';

/** A fault of each container for which `isGood` does not hold. */
export function everyContainer(isGood: (container: Container, pod: PodTemplate) => boolean, fault: string): Check {
  return (app: AuditedApp) =>
    app.containers().flatMap(({ at, container, pod }) => (isGood(container, pod) ? [] : [`${at}: ${fault}`]));
}

/** A fault of each container that goes on running for which `isGood` does not hold. */
export function everyRunningContainer(isGood: (container: Container) => boolean, fault: string): Check {
  return (app: AuditedApp) =>
    app.runningContainers().flatMap(({ at, container }) => (isGood(container) ? [] : [`${at}: ${fault}`]));
}

/** A fault of each pod for which `isGood` does not hold. */
export function everyPod(isGood: (pod: PodTemplate) => boolean, fault: string): Check {
  return (app: AuditedApp) => app.pods().flatMap(({ at, pod }) => (isGood(pod) ? [] : [`${at}: ${fault}`]));
}

const context = (isGood: (context: SecurityContext) => boolean, fault: string): Check =>
  everyContainer(({ securityContext = {} }) => isGood(securityContext), fault);

export const states = (list: 'requests' | 'limits', resource: string): Check =>
  everyContainer(({ resources }) => resources?.[list]?.[resource] !== undefined, `no ${resource} in ${list}`);

export const requestEqualsLimit = (resource: string): Check =>
  everyContainer(
    ({ resources }) =>
      resources?.limits?.[resource] !== undefined && resources.requests?.[resource] === resources.limits[resource],
    `${resource} request is not the limit`,
  );

export const hasProbe = (probe: 'livenessProbe' | 'readinessProbe'): Check =>
  everyRunningContainer((container) => container[probe] !== undefined, `no ${probe}`);

/** Port of a probe, where it has one: a command needs none. */
export const probesDeclaredPort = (probe: 'livenessProbe' | 'readinessProbe' | 'startupProbe'): Check =>
  everyRunningContainer(({ [probe]: { httpGet } = {} as Probe, ports = [] }) => {
    return (
      httpGet === undefined || ports.some(({ name, containerPort }) => [name, containerPort].includes(httpGet.port))
    );
  }, `${probe} of a port that is not declared`);

export const probesDiffer: Check = everyRunningContainer(
  ({ livenessProbe, readinessProbe }) =>
    livenessProbe === undefined || JSON.stringify(livenessProbe.httpGet) !== JSON.stringify(readinessProbe?.httpGet),
  'liveness and readiness ask the same',
);

export const hasTag: Check = everyContainer(
  ({ image }) => /:[\w.-]+(?:@|$)/.test(image) && !/:latest(?:@|$)/.test(image),
  'image without a tag, or :latest',
);
export const hasDigest: Check = everyContainer(({ image }) => image.includes('@sha256:'), 'image without a digest');
export const pullsAlways: Check = everyContainer(
  ({ imagePullPolicy }) => imagePullPolicy === 'Always',
  'imagePullPolicy is not Always',
);

export const runsAsNonRoot: Check = context(({ runAsNonRoot }) => runAsNonRoot === true, 'may run as root');
export const hasHighUser: Check = context(({ runAsUser = 0 }) => runAsUser > 10_000, 'user is not above 10000');
export const hasHighGroup: Check = context(({ runAsGroup = 0 }) => runAsGroup > 10_000, 'group is not above 10000');
export const isUnprivileged: Check = context(({ privileged }) => privileged !== true, 'privileged');
export const cannotEscalate: Check = context(
  ({ allowPrivilegeEscalation }) => allowPrivilegeEscalation === false,
  'may gain privileges',
);
export const hasReadOnlyRoot: Check = context(
  ({ readOnlyRootFilesystem }) => readOnlyRootFilesystem === true,
  'root file system is writable',
);
export const dropsAllCapabilities: Check = context(
  ({ capabilities }) => capabilities?.drop?.includes('ALL') === true,
  'capabilities are not dropped',
);
export const addsNoCapability: Check = context(
  ({ capabilities }) => (capabilities?.add ?? []).length === 0,
  'capabilities are added',
);
export const hasSeccompProfile: Check = everyContainer(
  ({ securityContext }, { spec }) =>
    (securityContext?.seccompProfile ?? spec?.securityContext?.seccompProfile)?.type === 'RuntimeDefault',
  'no seccomp profile',
);
export const hasDefaultProcMount: Check = context(({ procMount = 'Default' }) => procMount === 'Default', 'procMount');
export const isNoHostProcess: Check = context(({ windowsOptions }) => !windowsOptions?.hostProcess, 'host process');

export const podHasSecurityContext: Check = everyPod(
  ({ spec }) => Object.keys(spec?.securityContext ?? {}).length > 0,
  'no pod security context',
);
export const containerHasSecurityContext: Check = everyContainer(
  ({ securityContext }) => Object.keys(securityContext ?? {}).length > 0,
  'no container security context',
);

export const noHost = (namespace: 'hostIPC' | 'hostNetwork' | 'hostPID'): Check =>
  everyPod(({ spec }) => spec?.[namespace] !== true, namespace);
export const hasNoHostPath: Check = everyPod(
  ({ spec }) => (spec?.volumes ?? []).every((volume) => volume.hostPath === undefined),
  'hostPath volume',
);
export const mountsNoDockerSocket: Check = everyPod(
  ({ spec }) => !JSON.stringify(spec?.volumes ?? []).includes('docker.sock'),
  "the container runtime's socket is mounted",
);
export const hasNoHostPort: Check = everyContainer(
  ({ ports = [] }) => ports.every(({ hostPort }) => hostPort === undefined),
  'hostPort',
);
export const hasNoSysctls: Check = everyPod(
  ({ spec }) => (spec?.securityContext?.sysctls ?? []).length === 0,
  'sysctls are set',
);
export const hasNoPort = (port: number): Check =>
  everyContainer(({ ports = [] }) => ports.every(({ containerPort }) => containerPort !== port), `port ${port}`);
export const hasNoPrivilegedPort: Check = everyContainer(
  ({ ports = [] }) => ports.every(({ containerPort }) => containerPort >= 1024),
  'privileged port',
);

/** Volume types of the Pod Security profile `restricted`. */
const RESTRICTED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
export const hasRestrictedVolumes: Check = everyPod(
  ({ spec }) =>
    (spec?.volumes ?? []).every((volume) =>
      Object.keys(volume).every((key) => key === 'name' || RESTRICTED_VOLUMES.includes(key)),
    ),
  'a volume of the host',
);

export const hasNoToken: Check = (app) => [
  ...everyPod(({ spec }) => spec?.automountServiceAccountToken === false, 'a token is mounted')(app),
  ...app
    .ofKind('ServiceAccount')
    .filter(({ automountServiceAccountToken }) => automountServiceAccountToken !== false)
    .map(({ kind, metadata: { name } }) => `${kind}/${name}: a token is mounted`),
];
export const hasOwnServiceAccount: Check = everyPod(
  ({ spec }) => (spec?.serviceAccountName ?? 'default') !== 'default',
  'the default service account',
);
export const serviceAccountExists: Check = (app) =>
  app
    .pods()
    .filter(({ pod, deployment }) => {
      const accounts = app
        .ofKind('ServiceAccount')
        .filter((account) => account.metadata.namespace === deployment.metadata.namespace);
      return !accounts.some(({ metadata }) => metadata.name === pod.spec?.serviceAccountName);
    })
    .map(({ at }) => `${at}: the service account does not exist`);
export const hasNoDeprecatedServiceAccount: Check = everyPod(
  ({ spec }) => spec?.serviceAccount === undefined,
  'field serviceAccount',
);

export const hasNoDuplicateVariables: Check = everyContainer(
  ({ env = [] }) => new Set(env.map(({ name }) => name)).size === env.length,
  'a variable is set twice',
);
export const hasNoVariable = (pattern: RegExp): Check =>
  everyContainer(
    ({ env = [] }) => env.every(({ name, value }) => value === undefined || !pattern.test(name)),
    `variable ${pattern.source}`,
  );
export const readsNoSecretIntoVariables: Check = everyContainer(
  ({ env = [], envFrom = [] }) => !JSON.stringify([env, envFrom]).includes('"secretKeyRef"') && envFrom.length === 0,
  'a secret in the environment',
);
export const restartsAlways: Check = everyPod(
  ({ spec }) => (spec?.restartPolicy ?? 'Always') === 'Always',
  'restartPolicy is not Always',
);
