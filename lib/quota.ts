import { ApiObject, Chart, Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Identity } from './identity';
import type { IngressExposure } from './ingress';
import { podRequests } from './pod-requests';
import type { Manifest } from './policy/manifest';
import type { Warnings } from './warnings';

/** What the namespace may use, and what each of its containers must say. */
export interface QuotaProps {
  /**
   * Whether to emit a ResourceQuota for exactly what the service can grow to: `maxReplicas`, the surge of a rollout and
   * the pods that are still stopping, with all their containers.
   *
   * It counts every pod of the namespace, so the service must have the namespace to itself.
   *
   * @default false
   */
  readonly resourceQuota?: boolean;

  /**
   * Whether to emit a LimitRange that refuses every container of the namespace whose CPU or memory request is not its
   * limit. Such a container, put into the pods by an admission webhook, would take their pinned CPUs away.
   *
   * @default false
   */
  readonly limitRange?: boolean;
}

/** The surge of a rollout, where the Deployment states none (Kubernetes: 25 %). */
const DEFAULT_SURGE = '25%';

/** The same of the pods that a rollout may do without (Kubernetes: 25 %). */
const DEFAULT_UNAVAILABLE = '25%';

/** Kinds that make pods. */
const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod'];

/** The Deployment, and the autoscaler that says how far it grows. */
export interface Scaled {
  readonly deployment: ApiObject;
  readonly hpa: ApiObject;
}

/**
 * A quota computed when the manifests are rendered, from what they will say: sidecars and patches are in it.
 *
 * @param scaled read at synth only, so that it may be made later than the quota, which is applied first
 */
export function createResourceQuota(scope: Construct, identity: Identity, scaled: () => Scaled): ApiObject {
  const hard = Lazy.any({
    produce: () => {
      const { deployment, hpa } = scaled();
      return hardLimits(deployment.toJson() as Manifest, hpa.toJson() as Manifest);
    },
  }) as Record<string, k8s.Quantity>;
  const quota = new k8s.KubeResourceQuota(scope, 'ResourceQuota', { metadata: identity.metadata(), spec: { hard } });
  scope.node.addValidation({ validate: () => foreigners(quota, identity, scaled().deployment) });
  return quota;
}

/**
 * A ratio alone. `max` without `default` would be the default: a container that says nothing would be given two CPUs
 * and 700Mi, and the pod would pass.
 */
export function createLimitRange(scope: Construct, identity: Identity): ApiObject {
  const one = k8s.Quantity.fromString('1');
  return new k8s.KubeLimitRange(scope, 'LimitRange', {
    metadata: identity.metadata(),
    spec: { limits: [{ type: 'Container', maxLimitRequestRatio: { cpu: one, memory: one } }] },
  });
}

function hardLimits(deployment: Manifest, hpa: Manifest): Record<string, k8s.Quantity> {
  const replicas = hpa.spec?.maxReplicas ?? 0;
  const extra = surge(deployment, replicas);
  const pods = replicas + extra + stopping(deployment, replicas, extra);
  const requests = podRequests(deployment.spec?.template?.spec ?? {});
  const hard = [...requests].flatMap(([resource, amount]): [string, string][] => {
    const total = format(resource, amount * pods);
    // Of extended resources (nvidia.com/gpu) Kubernetes counts requests alone: their limits are the same by rule.
    const limits: [string, string][] = resource.includes('/') ? [] : [[`limits.${resource}`, total]];
    return [[`requests.${resource}`, total], ...limits];
  });
  return Object.fromEntries(
    [...hard, ['pods', String(pods)] as const].map(([name, total]) => [name, k8s.Quantity.fromString(total)]),
  );
}

/** In pods, as the Deployment controller rounds it: up. */
function surge(deployment: Manifest, replicas: number): number {
  const { spec } = deployment as { spec?: { strategy?: { rollingUpdate?: { maxSurge?: number | string } } } };
  const maxSurge = spec?.strategy?.rollingUpdate?.maxSurge ?? DEFAULT_SURGE;
  return typeof maxSurge === 'number' ? maxSurge : Math.ceil((replicas * Number.parseInt(maxSurge, 10)) / 100);
}

/** In pods, as the Deployment controller rounds it: down. */
function unavailable(deployment: Manifest, replicas: number): number {
  const { spec } = deployment as { spec?: { strategy?: { rollingUpdate?: { maxUnavailable?: number | string } } } };
  const maxUnavailable = spec?.strategy?.rollingUpdate?.maxUnavailable ?? DEFAULT_UNAVAILABLE;
  return typeof maxUnavailable === 'number'
    ? maxUnavailable
    : Math.floor((replicas * Number.parseInt(maxUnavailable, 10)) / 100);
}

/** Kubernetes' own default. */
const DEFAULT_GRACE_SECONDS = 30;

/**
 * A pod that is stopping counts until it is gone, and a rollout goes on meanwhile: it ends the next batch as soon as
 * the new pods have become ready and stayed it. Never more than there are.
 */
function stopping(deployment: Manifest, replicas: number, extra: number): number {
  const spec = (deployment as { spec?: RolloutTimes }).spec;
  const { terminationGracePeriodSeconds = DEFAULT_GRACE_SECONDS, containers = [] } = spec?.template?.spec ?? {};
  const delays = containers.map(({ readinessProbe }) => readinessProbe?.initialDelaySeconds ?? 0);
  const step = Math.max(0, ...delays) + (spec?.minReadySeconds ?? 0);
  const batch = extra + unavailable(deployment, replicas);
  return step === 0 ? replicas : Math.min(replicas, batch * Math.ceil(terminationGracePeriodSeconds / step));
}

/** The fields of a Deployment that say how fast a rollout goes. */
interface RolloutTimes {
  readonly minReadySeconds?: number;
  readonly template?: {
    readonly spec?: {
      readonly terminationGracePeriodSeconds?: number;
      readonly containers?: readonly { readonly readinessProbe?: { readonly initialDelaySeconds?: number } }[];
    };
  };
}

const MEBIBYTE = 1024 ** 2;

/** As people write it: whole CPUs or milli-CPUs, mebibytes where they come out even. */
function format(resource: string, amount: number): string {
  if (resource === 'memory' || resource === 'ephemeral-storage') {
    return amount % MEBIBYTE === 0 ? `${amount / MEBIBYTE}Mi` : String(Math.ceil(amount));
  }
  // Nine digits, Kubernetes' own precision: a tenth has no exact binary form, and three of them come out above 0.3.
  const exact = Number(amount.toFixed(9));
  return Number.isInteger(exact) ? String(exact) : `${Math.ceil(Number((exact * 1000).toFixed(6)))}m`;
}

/**
 * Others' pods in the namespace would take the room of the service's own, in silence, at the worst moment; of two quotas
 * each holds. The whole app is looked at: several charts may well make up one namespace.
 */
function foreigners(quota: ApiObject, { namespace, name }: Identity, deployment: ApiObject): string[] {
  return quota.node.root.node
    .findAll()
    .filter((child) => ApiObject.isApiObject(child))
    .filter((object) => object !== deployment && object !== quota)
    .filter((object) => (object.metadata.namespace ?? Chart.of(object).namespace) === namespace)
    .flatMap((object) => {
      const found = `[quota-shared] ResourceQuota ${name}: namespace ${namespace} also has ${object.kind} ${object.name}`;
      if (object.kind === 'ResourceQuota') {
        return [`${found}: Kubernetes holds the pods to both. Keep one of the two.`];
      }
      return WORKLOADS.includes(object.kind)
        ? [
            `${found}: the quota counts its pods, and has room for those of ${name} alone. Give the service a namespace ` +
              "of its own, or leave 'resourceQuota' out and write one quota for all.",
          ]
        : [];
    });
}

/** cert-manager proves an HTTP-01 challenge with a pod of its own in the namespace. */
export function warnOfBlockedSolvers(
  { resourceQuota = false, limitRange = false }: QuotaProps,
  ingress: IngressExposure | undefined,
  warnings: Warnings,
): void {
  const annotation = ingress?.annotationNames.find((key) => key.startsWith('cert-manager.io/'));
  if (annotation !== undefined && (resourceQuota || limitRange)) {
    warnings.add(
      'certificate-solver-blocked',
      `ingress.annotations has ${annotation}, and ${resourceQuota ? 'resourceQuota' : 'limitRange'} has no room for the ` +
        'pod with which cert-manager solves an HTTP-01 challenge. Use an issuer that solves DNS-01, or give ' +
        'tlsSecretName and have the certificate made elsewhere.',
    );
  }
}
