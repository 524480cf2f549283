import { Chart, type ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';
import type { ImageReference } from './image-reference';
import { isClusterNamespace, namespaceName, type NamespaceProps } from './namespace';
import { isObjectName } from './object-name';
import type { PropFaults } from './prop-faults';

/** What the service is called, and how its objects are labelled. */
export interface IdentityProps {
  /**
   * Name of the Deployment, its container, the Service and the ServiceAccount; the autoscaler is `<name>-hpa`.
   *
   * Also the value of the labels `app` and `app.kubernetes.io/instance`. It is part of the Deployment's selector,
   * which is immutable: another name is another Deployment.
   *
   * @default 'stt-service'
   */
  readonly name?: string;

  /**
   * Labels added to every object and to the pods, for example `app.kubernetes.io/part-of` or an owner.
   *
   * `app`, `app.kubernetes.io/name` and `app.kubernetes.io/instance` are the construct's own.
   *
   * @default - only the construct's own labels and the chart's
   */
  readonly labels?: Record<string, string>;
}

/** The deployment document's. */
const DEFAULT_NAME = 'stt-service';

/** What is served, whatever it is called: the value of `app.kubernetes.io/name`. */
const APPLICATION = 'whisper-stt';

/** A Service's name is an RFC 1035 label before Kubernetes 1.34; `-hpa` has to fit behind it. */
const NAME = /^[a-z](?:[-a-z0-9]{0,57}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^(?:(?<prefix>[^/]*)\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Names, labels and selector, the same for every object of one service. */
export class Identity {
  readonly name: string;
  readonly namespace: string;

  /** Labels that may stand on an object which others use too (the Namespace): nothing that names this service. */
  readonly sharedLabels: Record<string, string>;

  /**
   * Labels that select this service's pods, never changed afterwards.
   *
   * Two of them, since an autoscaler counts every pod that its Deployment's selector meets.
   */
  readonly selector: Record<string, string>;

  /** All labels of an object, in the scheme of the deployment document (`app`) and in the recommended one. */
  readonly labels: Record<string, string>;

  constructor(scope: Construct, props: IdentityProps & NamespaceProps, image: ImageReference, faults: PropFaults) {
    this.name = props.name ?? DEFAULT_NAME;
    this.namespace = namespaceName(scope, props);
    this.selector = { 'app.kubernetes.io/name': APPLICATION, 'app.kubernetes.io/instance': this.name };
    const own = { app: this.name, ...this.selector };
    this.sharedLabels = { 'app.kubernetes.io/managed-by': 'cdk8s', ...props.labels };
    this.labels = {
      'app.kubernetes.io/component': 'speech-to-text',
      ...versionLabel(image),
      ...this.sharedLabels,
      ...own,
    };
    this.#check(props, own, faults);
    claim(scope, this, props.createNamespace ?? true, faults);
  }

  metadata(name = this.name): ApiObjectMetadata {
    return { name, namespace: this.namespace, labels: this.labels };
  }

  /** Chart labels reach the objects by themselves, but not the pods. */
  podMetadata(scope: Construct): ApiObjectMetadata {
    return { labels: { ...Chart.of(scope).labels, ...this.labels } };
  }

  #check(props: IdentityProps & NamespaceProps, own: Record<string, string>, faults: PropFaults): void {
    if (!NAME.test(this.name)) {
      faults.add('name-invalid', 'name', this.name, `${DNS_LABEL}, at most 59 characters, a letter first.`);
    }
    if (!NAMESPACE.test(this.namespace)) {
      faults.add('namespace-invalid', 'namespace', this.namespace, `${DNS_LABEL}, at most 63 characters.`);
    }
    if ((props.createNamespace ?? true) && isClusterNamespace(this.namespace)) {
      faults.add(
        'namespace-of-cluster',
        'namespace',
        this.namespace,
        "it is the cluster's, and Pod Security 'restricted' would be put on the pods of others in it. Set " +
          'createNamespace: false, or give a namespace of its own.',
      );
    }
    for (const [key, value] of Object.entries(props.labels ?? {})) {
      const prop = `labels[${JSON.stringify(key)}]`;
      if (key in own) {
        faults.add('label-reserved', prop, value, "the pods are selected by it. Leave it out; it follows from 'name'.");
      } else if (!isLabel(key) || !isLabelValue(value)) {
        faults.add(
          'label-invalid',
          prop,
          value,
          'key and value must be letters, digits, "-", "_" and ".", at most 63 characters, the key with an optional ' +
            'DNS prefix and "/".',
        );
      }
    }
  }
}

const DNS_LABEL = 'it must be lower-case letters, digits and "-"';

/** Whether Kubernetes takes the text as a label's key. */
export function isLabel(key: string): boolean {
  const match = LABEL_KEY.exec(key);
  const prefix = match?.groups?.prefix;
  return match !== null && (prefix === undefined || isObjectName(prefix));
}

/** Whether Kubernetes takes the text as a label's value. */
export function isLabelValue(value: string): boolean {
  return LABEL_VALUE.test(value);
}

/** What people read in `kubectl get -L`; left out where the tag is no label value. */
function versionLabel({ tag }: ImageReference): Record<string, string> {
  return tag !== undefined && LABEL_VALUE.test(tag) ? { 'app.kubernetes.io/version': tag } : {};
}

/** Which construct has which object, a chart: two charts of one app may well go to two clusters. */
const claims = new WeakMap<Chart, Map<string, string>>();

/** Two objects of one name in one file: `kubectl apply` would let the last one win in silence. */
function claim(scope: Construct, { name, namespace }: Identity, createsNamespace: boolean, faults: PropFaults): void {
  const chart = Chart.of(scope);
  const taken = claims.get(chart) ?? new Map<string, string>();
  claims.set(chart, taken);
  const path = scope.node.path;
  const service = taken.get(`${namespace}/${name}`);
  const owner = taken.get(namespace);
  if (service !== undefined) {
    faults.add('name-taken', 'name', name, `"${service}" has it in namespace ${namespace}. Give each service its own.`);
  } else if (createsNamespace && owner !== undefined) {
    faults.add(
      'namespace-taken',
      'namespace',
      namespace,
      `"${owner}" creates it already. Set createNamespace: false here, or give another namespace.`,
    );
  }
  taken.set(`${namespace}/${name}`, path);
  if (createsNamespace) {
    taken.set(namespace, path);
  }
}
