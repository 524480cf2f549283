import { ApiObject, JsonPatch, type Duration } from 'cdk8s';
import { Node, NodeLabelQuery, NodeTaintQuery, TaintEffect, type Deployment } from 'cdk8s-plus-28';
import { isLabel, isLabelValue } from './identity';
import { isObjectName } from './object-name';
import type { PropFaults } from './prop-faults';

/** On which nodes the pods may run, and before whom. */
export interface SchedulingProps {
  /**
   * Label of the nodes whose kubelet pins CPUs (`--cpu-manager-policy=static`): pods run on no other node.
   *
   * On other nodes the pods would run just as well, with CPUs that they share.
   *
   * @default - any node
   */
  readonly cpuPinningPool?: NodeLabel;

  /**
   * Labels that a node must carry, all of them.
   *
   * @default - any node
   */
  readonly nodeSelector?: Record<string, string>;

  /**
   * Taints that do not keep the pods away.
   *
   * @default - none; with `device: Device.GPU` the taint `nvidia.com/gpu`
   */
  readonly tolerations?: Toleration[];

  /**
   * PriorityClass of the pods. It must exist in the cluster.
   *
   * @default - the cluster's default
   */
  readonly priorityClassName?: string;

  /**
   * RuntimeClass of the pods. It must exist in the cluster.
   *
   * @default - the node's default runtime
   */
  readonly runtimeClassName?: string;
}

/** A label of a node. */
export interface NodeLabel {
  /** For example `node-pool`. */
  readonly key: string;

  /** For example `pinned-cpus`. */
  readonly value: string;
}

/** A taint that the pods put up with. */
export interface Toleration {
  /**
   * Key of the taint, for example `dedicated`.
   *
   * @default - every taint, whatever its key
   */
  readonly key?: string;

  /**
   * Value of the taint.
   *
   * @default - any value
   */
  readonly value?: string;

  /**
   * Effect of the taint.
   *
   * @default - every effect
   */
  readonly effect?: TaintEffect;

  /**
   * How long a pod stays on a node that got the taint. Whole seconds; for `TaintEffect.NO_EXECUTE` only.
   *
   * @default - for ever
   */
  readonly evictAfter?: Duration;
}

/** Constraints that the scheduler gets. */
export class Scheduling {
  readonly #props: SchedulingProps;
  readonly #tolerations: readonly Toleration[];

  /** @param deviceTolerations what the pods' device asks for beside the user's own */
  constructor(props: SchedulingProps, deviceTolerations: readonly Toleration[], faults: PropFaults) {
    this.#props = props;
    this.#tolerations = [...deviceTolerations, ...(props.tolerations ?? [])];
    const { cpuPinningPool, nodeSelector = {} } = props;
    if (cpuPinningPool !== undefined) {
      checkLabel('cpuPinningPool', cpuPinningPool, faults);
    }
    for (const [key, value] of Object.entries(nodeSelector)) {
      checkLabel(`nodeSelector[${JSON.stringify(key)}]`, { key, value }, faults);
    }
    for (const [index, toleration] of this.#tolerations.slice(deviceTolerations.length).entries()) {
      checkToleration(`tolerations[${index}]`, toleration, faults);
    }
    for (const prop of ['priorityClassName', 'runtimeClassName'] as const) {
      const name = props[prop];
      if (name !== undefined && !isObjectName(name)) {
        faults.add('object-name-invalid', prop, name, 'it must be the name of an object of the cluster.');
      }
    }
  }

  /**
   * By cdk8s-plus' own means where it has them, so that `deployment.scheduling` still adds to them instead of being
   * overruled.
   */
  constrain(deployment: Deployment): void {
    const { cpuPinningPool, nodeSelector, priorityClassName, runtimeClassName } = this.#props;
    if (cpuPinningPool !== undefined) {
      deployment.scheduling.attract(Node.labeled(NodeLabelQuery.in(cpuPinningPool.key, [cpuPinningPool.value])));
    }
    for (const toleration of this.#tolerations) {
      deployment.scheduling.tolerate(Node.tainted(taintQuery(toleration)));
    }
    for (const [field, value] of Object.entries({ nodeSelector, priorityClassName, runtimeClassName })) {
      if (value !== undefined) {
        ApiObject.of(deployment).addJsonPatch(JsonPatch.add(`/spec/template/spec/${field}`, value));
      }
    }
  }
}

function taintQuery({ key, value, effect, evictAfter }: Toleration): NodeTaintQuery {
  if (key === undefined) {
    return NodeTaintQuery.any();
  }
  const options = { effect, evictAfter };
  return value === undefined ? NodeTaintQuery.exists(key, options) : NodeTaintQuery.is(key, value, options);
}

function checkLabel(prop: string, { key, value }: NodeLabel, faults: PropFaults): void {
  if (!isLabel(key) || !isLabelValue(value)) {
    faults.add('node-label-invalid', prop, `${key}=${value}`, 'no node can carry it. Give key and value of a label.');
  }
}

function checkToleration(prop: string, toleration: Toleration, faults: PropFaults): void {
  const { key, value, effect, evictAfter } = toleration;
  const got = JSON.stringify({ key, value, effect, evictAfter: evictAfter?.toHumanString() });
  if (key === undefined && (value ?? effect ?? evictAfter) !== undefined) {
    faults.add('toleration-invalid', prop, got, 'value, effect and evictAfter need a key. Name the taint, or give {}.');
  } else if (key !== undefined && (!isLabel(key) || !isLabelValue(value ?? ''))) {
    faults.add('toleration-invalid', prop, got, 'no taint can be called that. Give key and value of a taint.');
  }
  if (evictAfter !== undefined) {
    if (effect !== TaintEffect.NO_EXECUTE) {
      faults.add('toleration-invalid', prop, got, 'only TaintEffect.NO_EXECUTE evicts. Leave evictAfter out.');
    }
    faults.wholeSeconds('toleration-invalid', `${prop}.evictAfter`, evictAfter, {
      min: 0,
      remedy: 'Kubernetes would refuse the pod.',
    });
  }
}
