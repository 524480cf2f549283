import { ApiObject, JsonPatch } from 'cdk8s';
import { k8s, Pods, Topology, type Deployment } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Identity } from './identity';
import type { PropFaults } from './prop-faults';

/** What keeps the service up while nodes and zones go down. */
export interface AvailabilityProps {
  /**
   * Whether to emit a PodDisruptionBudget: node drains then take the pods away one after the other.
   *
   * @default true
   */
  readonly podDisruptionBudget?: boolean;

  /**
   * Most pods that voluntary disruptions, such as node drains, may take away at the same time.
   *
   * Follows the autoscaler, which a fixed number of pods to keep would not. Below `minReplicas`, unless that is 1.
   *
   * @default 1
   */
  readonly maxUnavailablePods?: number;

  /**
   * Whether to spread the pods evenly over zones and hosts.
   *
   * Soft: where it cannot be done, pods run all the same.
   *
   * @default true
   */
  readonly topologySpread?: boolean;

  /**
   * Whether to keep the pods on different hosts.
   *
   * Soft: where there are fewer hosts than pods, they share.
   *
   * @default true
   */
  readonly hostAntiAffinity?: boolean;
}

const DEFAULT_MAX_UNAVAILABLE = 1;

/** The widest domain first: losing a zone costs more than losing a host. */
const SPREAD_OVER = ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'];

/** Nothing else asks for anything, so that any weight would do; 100 is the greatest. */
const ANTI_AFFINITY_WEIGHT = 100;

/** Budget and spreading of the pods. */
export class Availability {
  readonly #maxUnavailable: number | undefined;
  readonly #topologySpread: boolean;
  readonly #hostAntiAffinity: boolean;

  /** @param minReplicas fewest pods of the autoscaler */
  constructor(props: AvailabilityProps, minReplicas: number, faults: PropFaults) {
    const maxUnavailable = faults.wholeNumber(
      'max-unavailable-invalid',
      'maxUnavailablePods',
      props.maxUnavailablePods ?? DEFAULT_MAX_UNAVAILABLE,
      { min: 1, remedy: 'With 0 no node that runs a pod could be drained. Give 1.' },
    );
    checkMaxUnavailable(props, minReplicas, faults);
    this.#maxUnavailable = (props.podDisruptionBudget ?? true) ? maxUnavailable : undefined;
    this.#topologySpread = props.topologySpread ?? true;
    this.#hostAntiAffinity = props.hostAntiAffinity ?? true;
  }

  createPodDisruptionBudget(scope: Construct, identity: Identity): ApiObject | undefined {
    if (this.#maxUnavailable === undefined) {
      return undefined;
    }
    return new k8s.KubePodDisruptionBudget(scope, 'PodDisruptionBudget', {
      metadata: identity.metadata(),
      spec: {
        maxUnavailable: k8s.IntOrString.fromNumber(this.#maxUnavailable),
        // A pod that never becomes ready must not hold up the drain of its node.
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
        selector: { matchLabels: identity.selector },
      },
    });
  }

  /**
   * Soft both times: `spread` of cdk8s-plus-28 is required on host and zone, at most one pod a zone, so that eight pods
   * in three zones stay pending.
   */
  spread(scope: Construct, deployment: Deployment, identity: Identity): void {
    if (this.#hostAntiAffinity) {
      deployment.scheduling.separate(Pods.select(scope, 'Peers', { labels: identity.selector }), {
        topology: Topology.HOSTNAME,
        weight: ANTI_AFFINITY_WEIGHT,
      });
    }
    if (this.#topologySpread) {
      ApiObject.of(deployment).addJsonPatch(
        JsonPatch.add(
          '/spec/template/spec/topologySpreadConstraints',
          SPREAD_OVER.map((topologyKey) => ({
            maxSkew: 1,
            topologyKey,
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: { matchLabels: identity.selector },
            // Pods of one revision only: a rollout would otherwise end up skewed.
            matchLabelKeys: ['pod-template-hash'],
          })),
        ),
      );
    }
  }
}

function checkMaxUnavailable(
  { podDisruptionBudget = true, maxUnavailablePods }: AvailabilityProps,
  minReplicas: number,
  faults: PropFaults,
): void {
  if (maxUnavailablePods === undefined) {
    return;
  }
  if (!podDisruptionBudget) {
    faults.add(
      'disruption-budget-off',
      'maxUnavailablePods',
      maxUnavailablePods,
      'it has no effect with podDisruptionBudget: false. Leave one of the two out.',
    );
  } else if (minReplicas > 1 && maxUnavailablePods >= minReplicas) {
    faults.add(
      'max-unavailable-invalid',
      'maxUnavailablePods',
      maxUnavailablePods,
      `node drains could take all of the ${minReplicas} pods of minReplicas at once. Give less, or leave the budget out.`,
    );
  }
}
