import type { Check } from './audit';
import {
  includes,
  title,
  type AffinityTerm,
  type AuditedApp,
  type KubernetesObject,
  type PodTemplate,
} from './audited-app';

/** A fault of each object of a kind for which `isGood` does not hold. */
export function every(
  kind: string,
  isGood: (object: KubernetesObject, app: AuditedApp) => boolean,
  fault: string,
): Check {
  return (app) => app.ofKind(kind).flatMap((object) => (isGood(object, app) ? [] : [`${title(object)}: ${fault}`]));
}

/** Kinds that are of no namespace. */
const CLUSTER_KINDS = ['Namespace', 'PriorityClass', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];

export const isNamespaced: Check = (app) =>
  app.objects
    .filter(({ kind }) => !CLUSTER_KINDS.includes(kind))
    .filter(({ metadata: { namespace = 'default' } }) => ['default', 'kube-system', 'kube-public'].includes(namespace))
    .map((object) => `${title(object)}: no namespace of its own`);

/** The newest stable API of each kind; what is not here would be a kind that nobody has looked at. */
const STABLE_APIS: Record<string, string> = {
  Deployment: 'apps/v1',
  HTTPRoute: 'gateway.networking.k8s.io/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Ingress: 'networking.k8s.io/v1',
  LimitRange: 'v1',
  Namespace: 'v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  PersistentVolumeClaim: 'v1',
  PodDisruptionBudget: 'policy/v1',
  PriorityClass: 'scheduling.k8s.io/v1',
  ResourceQuota: 'v1',
  Service: 'v1',
  ServiceAccount: 'v1',
  ServiceMonitor: 'monitoring.coreos.com/v1',
  ValidatingAdmissionPolicy: 'admissionregistration.k8s.io/v1',
  ValidatingAdmissionPolicyBinding: 'admissionregistration.k8s.io/v1',
};
export const hasStableApi: Check = (app) =>
  app.objects
    .filter(({ apiVersion, kind }) => STABLE_APIS[kind] !== apiVersion)
    .map((object) => `${title(object)}: ${object.apiVersion}`);

const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
export const hasValidLabels: Check = (app) =>
  app.objects
    .filter(({ metadata, spec }) =>
      [metadata.labels, spec?.template?.metadata?.labels].some((labels) =>
        Object.values(labels ?? {}).some((value) => !LABEL_VALUE.test(value)),
      ),
    )
    .map((object) => `${title(object)}: a label that Kubernetes refuses`);

/** One of the labels on the Deployment and on its pods. */
export const labelled = (isGood: (key: string) => boolean, fault: string): Check =>
  every(
    'Deployment',
    ({ metadata, spec }) =>
      [metadata.labels, spec?.template?.metadata?.labels].every((labels) => Object.keys(labels ?? {}).some(isGood)),
    fault,
  );
export const isNamedAfterItsInstance: Check = every(
  'Deployment',
  ({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'] === metadata.name,
  'app.kubernetes.io/instance is not the name',
);

const podLabels = ({ spec }: KubernetesObject): Record<string, string> | undefined => spec?.template?.metadata?.labels;

export const selectsItsPods: Check = every(
  'Deployment',
  (deployment) => {
    const selector = deployment.spec?.selector?.matchLabels ?? {};
    return Object.keys(selector).length > 0 && includes(podLabels(deployment), selector);
  },
  'the selector does not meet the pods',
);
export const rollsOut: Check = every(
  'Deployment',
  ({ spec }) => spec?.strategy?.type === 'RollingUpdate' && spec.strategy.rollingUpdate !== undefined,
  'no rolling update',
);

/** The autoscalers of a Deployment. */
const scalers = (app: AuditedApp, deployment: KubernetesObject): KubernetesObject[] =>
  app
    .ofKind('HorizontalPodAutoscaler')
    .filter(
      ({ metadata, spec }) =>
        metadata.namespace === deployment.metadata.namespace && spec?.scaleTargetRef?.name === deployment.metadata.name,
    );
export const leavesReplicasToItsAutoscaler: Check = every(
  'Deployment',
  (deployment, app) => scalers(app, deployment).length > 0 && deployment.spec?.replicas === undefined,
  'no autoscaler, or a number of replicas beside it',
);
export const statesReplicas: Check = every(
  'Deployment',
  ({ spec }) => (spec?.replicas ?? 0) >= 2,
  'not two replicas or more',
);
export const scalesSomething: Check = every(
  'HorizontalPodAutoscaler',
  (hpa, app) => app.ofKind('Deployment').some((deployment) => scalers(app, deployment).includes(hpa)),
  'no such target',
);
export const keepsReplicas = (least: number): Check =>
  every('HorizontalPodAutoscaler', ({ spec }) => (spec?.minReplicas ?? 1) >= least, `fewer than ${least} replicas`);
export const hasRange: Check = every(
  'HorizontalPodAutoscaler',
  ({ spec }) => (spec?.maxReplicas ?? 0) > (spec?.minReplicas ?? 1),
  'the maximum is not above the minimum',
);

/** The budgets of a Deployment. */
const budgets = (app: AuditedApp, deployment: KubernetesObject): KubernetesObject[] =>
  app
    .ofKind('PodDisruptionBudget')
    .filter(
      ({ metadata, spec }) =>
        metadata.namespace === deployment.metadata.namespace &&
        includes(podLabels(deployment), spec?.selector?.matchLabels),
    );
export const hasBudget: Check = every(
  'Deployment',
  (deployment, app) => budgets(app, deployment).length === 1,
  'no disruption budget, or several',
);
export const budgetAllows: Check = every(
  'PodDisruptionBudget',
  ({ spec }) => spec?.maxUnavailable !== undefined && ![0, '0', '0%'].includes(spec.maxUnavailable),
  'no pod may be disrupted',
);
export const budgetStates: Check = every(
  'PodDisruptionBudget',
  ({ spec }) => (spec?.maxUnavailable === undefined) !== (spec?.minAvailable === undefined),
  'neither minAvailable nor maxUnavailable, or both',
);
/** A number of pods to keep that does not follow the autoscaler. */
export const budgetFollowsAutoscaler: Check = every(
  'PodDisruptionBudget',
  ({ spec }) => spec?.minAvailable === undefined,
  'minAvailable is a fixed number',
);
export const budgetFreesUnhealthyPods: Check = every(
  'PodDisruptionBudget',
  ({ spec }) => spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow',
  'unhealthyPodEvictionPolicy is not AlwaysAllow',
);

/** Terms that keep pods apart, required or preferred. */
function antiAffinity({ spec }: PodTemplate): AffinityTerm[] {
  const { preferredDuringSchedulingIgnoredDuringExecution: preferred = [], ...rest } =
    spec?.affinity?.podAntiAffinity ?? {};
  return [
    ...preferred.map(({ podAffinityTerm }) => podAffinityTerm),
    ...(rest.requiredDuringSchedulingIgnoredDuringExecution ?? []),
  ];
}
function meets(labels: Record<string, string>, { labelSelector = {} }: AffinityTerm): boolean {
  const { matchLabels = {}, matchExpressions = [] } = labelSelector;
  const asLabels = matchExpressions.map(({ key, values }) => [key, values?.[0] ?? ''] as const);
  return includes(labels, { ...matchLabels, ...Object.fromEntries(asLabels) });
}
export const keepsOffSharedHosts: Check = every(
  'Deployment',
  (deployment) =>
    antiAffinity(deployment.spec?.template ?? {}).some(
      (term) => term.topologyKey === 'kubernetes.io/hostname' && meets(podLabels(deployment) ?? {}, term),
    ),
  'no anti-affinity on the host',
);
export const spreadsItsPods: Check = every(
  'Deployment',
  (deployment) => {
    const constraints = deployment.spec?.template?.spec?.topologySpreadConstraints ?? [];
    return (
      constraints.length > 0 &&
      constraints.every(
        ({ maxSkew, minDomains, labelSelector }) =>
          maxSkew > 0 &&
          minDomains !== 0 &&
          includes(podLabels(deployment), labelSelector?.matchLabels ?? { none: '' }),
      )
    );
  },
  'no topology spread',
);

/** Policies of a Deployment's pods. */
const policies = (app: AuditedApp, deployment: KubernetesObject): KubernetesObject[] =>
  app
    .ofKind('NetworkPolicy')
    .filter(
      ({ metadata, spec }) =>
        metadata.namespace === deployment.metadata.namespace &&
        includes(podLabels(deployment), spec?.podSelector?.matchLabels),
    );
export const isIsolated: Check = every(
  'Deployment',
  (deployment, app) =>
    policies(app, deployment).some(
      ({ spec }) => spec?.policyTypes?.includes('Ingress') === true && spec.policyTypes.includes('Egress'),
    ),
  'no NetworkPolicy for both directions',
);
/** Polaris' `oneOf` over the labels of the pod: exactly one of them stands in the policy's selector. */
export const isIsolatedByOneLabel: Check = every(
  'Deployment',
  (deployment, app) =>
    app.ofKind('NetworkPolicy').some(({ spec }) => {
      const selector = spec?.podSelector?.matchLabels ?? {};
      const shared = Object.entries(podLabels(deployment) ?? {}).filter(([key, value]) => selector[key] === value);
      return shared.length === 1 && (spec?.ingress ?? []).length > 0 && (spec?.egress ?? []).length > 0;
    }),
  'no NetworkPolicy with rules for both directions that shares exactly one label with the pods',
);
export const policySelectsPods: Check = every(
  'NetworkPolicy',
  ({ metadata, spec }, app) => app.hasPods(metadata.namespace, spec?.podSelector?.matchLabels),
  'selects no pod',
);
export const policyNamesPeers: Check = every(
  'NetworkPolicy',
  ({ spec }) =>
    [...(spec?.ingress ?? []).map(({ from }) => from), ...(spec?.egress ?? []).map(({ to }) => to)].every(
      (peers) => peers !== undefined && peers.length > 0,
    ),
  'a rule for everybody',
);

const serviceSelector = ({ spec }: KubernetesObject): Record<string, string> | undefined =>
  spec?.selector as Record<string, string> | undefined;
export const serviceHasPods: Check = every(
  'Service',
  (service, app) => app.hasPods(service.metadata.namespace, serviceSelector(service)),
  'selects no pod',
);
export const serviceIsInternal: Check = every(
  'Service',
  ({ spec }) => ['ClusterIP', undefined].includes(spec?.type),
  'is open to the outside',
);
export const serviceHasNoExternalIps: Check = every(
  'Service',
  ({ spec }) => spec?.externalIPs === undefined,
  'externalIPs',
);
export const serviceHasDeclaredPorts: Check = every(
  'Service',
  (service, app) => {
    const declared = app
      .pods()
      .filter(({ pod }) => includes(pod.metadata?.labels, serviceSelector(service)))
      .flatMap(({ pod }) => pod.spec?.containers ?? [])
      .flatMap(({ ports = [] }) => ports.flatMap(({ name, containerPort }) => [name, containerPort]));
    return (service.spec?.ports ?? []).every(({ targetPort }) => declared.includes(targetPort));
  },
  'a target port that no container declares',
);

/** A Service of the app, by namespace and name, that has the port. */
function hasService(
  app: AuditedApp,
  namespace: string | undefined,
  name: string,
  port: number | string | undefined,
): boolean {
  return app
    .ofKind('Service')
    .some(
      ({ metadata, spec }) =>
        metadata.namespace === namespace &&
        metadata.name === name &&
        (spec?.ports ?? []).some((candidate) => [candidate.name, candidate.port].includes(port)),
    );
}
export const ingressHasService: Check = every(
  'Ingress',
  ({ metadata, spec }, app) =>
    (spec?.rules ?? [])
      .flatMap(({ http }) => http?.paths ?? [])
      .every(({ backend: { service } }) =>
        hasService(app, metadata.namespace, service.name, service.port.name ?? service.port.number),
      ),
  'no such Service or port',
);
export const ingressHasTls: Check = every(
  'Ingress',
  ({ spec }) => (spec?.tls ?? []).some(({ hosts, secretName }) => secretName !== undefined && (hosts ?? []).length > 0),
  'no TLS',
);
export const ingressHasNoSnippet: Check = every(
  'Ingress',
  ({ metadata }) => !Object.keys(metadata.annotations ?? {}).some((key) => key.endsWith('snippet')),
  "a snippet of the proxy's configuration",
);
/** ingress-nginx writes these into its configuration as they are (CVE-2025-1097, CVE-2025-1098, CVE-2025-24514). */
const VERBATIM_ANNOTATION =
  /^nginx\.ingress\.kubernetes\.io\/(?:auth-url|auth-tls-match-cn|mirror-target|mirror-host)$/;
export const ingressAnnotationsAreHarmless: Check = every(
  'Ingress',
  ({ metadata }) =>
    !Object.entries(metadata.annotations ?? {}).some(
      ([key, value]) => VERBATIM_ANNOTATION.test(key) && /[^\w.:/?=&%-]/.test(value),
    ),
  "an annotation with characters of the proxy's configuration",
);
export const routeHasService: Check = every(
  'HTTPRoute',
  ({ metadata, spec }, app) =>
    (spec?.rules ?? [])
      .flatMap(({ backendRefs }) => backendRefs ?? [])
      .every(
        ({ name, namespace = metadata.namespace, port }) =>
          namespace === metadata.namespace && hasService(app, namespace, name, port),
      ),
  'a Service of another namespace, or none',
);
export const routeHasHosts: Check = every(
  'HTTPRoute',
  ({ spec }) => (spec?.hostnames ?? []).length > 0 && spec!.hostnames!.every((host) => !host.includes('*')),
  'serves every host',
);
export const monitorHasService: Check = every(
  'ServiceMonitor',
  ({ metadata, spec }, app) =>
    app
      .ofKind('Service')
      .some(
        (service) =>
          service.metadata.namespace === metadata.namespace &&
          includes(service.metadata.labels, spec?.selector?.matchLabels) &&
          (spec?.endpoints ?? []).every(({ port }) => (service.spec?.ports ?? []).some(({ name }) => name === port)),
      ),
  'no Service with these labels and this port',
);
export const quotaIsWhole: Check = every(
  'ResourceQuota',
  ({ spec }) =>
    ['requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'].every(
      (field) => spec?.hard?.[field] !== undefined,
    ),
  'does not limit CPU and memory',
);
export const limitRangeIsWhole: Check = every(
  'LimitRange',
  ({ spec }) =>
    (spec?.limits ?? []).some((limit) =>
      ['type', 'max', 'min', 'default', 'defaultRequest'].every((field) => limit[field] !== undefined),
    ),
  'has no minimum, maximum and defaults',
);
export const configMapsAreHarmless: Check = every(
  'ConfigMap',
  ({ data }) => !Object.keys(data ?? {}).some((key) => /password|token|bearer|secret/i.test(key)),
  'a secret in a ConfigMap',
);
/** Both at once would let Kubernetes keep fewer pods than the autoscaler wants, or none move at all. */
export const hasPriorityClass: Check = (app) =>
  app
    .pods()
    .filter(({ pod }) => pod.spec?.priorityClassName === undefined)
    .map(({ at }) => `${at}: no priority class`);
