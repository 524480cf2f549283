import { ApiObject, Chart, JsonPatch } from 'cdk8s';
import { Namespace } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Identity } from './identity';

/** Where the service lives. */
export interface NamespaceProps {
  /**
   * Namespace of every object.
   *
   * @default - the chart's namespace, else `voice-agent-phase5`
   */
  readonly namespace?: string;

  /**
   * Whether to emit the Namespace too, labelled so that Kubernetes refuses pods that are not restricted.
   *
   * Say `false` where the namespace belongs to somebody else, or to another service of the same chart. `default` and
   * `kube-…` are the cluster's: their other pods would have to be restricted too.
   *
   * @default true
   */
  readonly createNamespace?: boolean;
}

/** The deployment document's. */
const DEFAULT_NAMESPACE = 'voice-agent-phase5';

/** Pod Security admission: `latest` follows the cluster's version, as the restricted profile only grows tighter. */
const POD_SECURITY_LABELS = Object.fromEntries(
  ['enforce', 'audit', 'warn'].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, 'restricted'],
    [`pod-security.kubernetes.io/${mode}-version`, 'latest'],
  ]),
);

/** Namespaces that every cluster has from its beginning, with pods that are not restricted. */
export function isClusterNamespace(name: string): boolean {
  return name === 'default' || name.startsWith('kube-');
}

export function namespaceName(scope: Construct, props: NamespaceProps): string {
  return props.namespace ?? Chart.of(scope).namespace ?? DEFAULT_NAMESPACE;
}

export function createNamespace(scope: Construct, identity: Identity): Namespace {
  const namespace = new Namespace(scope, 'Namespace', {
    metadata: { name: identity.namespace, labels: { ...identity.sharedLabels, ...POD_SECURITY_LABELS } },
  });
  // cdk8s stamps the chart's namespace on the Namespace itself, which is no object of a namespace.
  if (namespace.metadata.namespace !== undefined) {
    ApiObject.of(namespace).addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  }
  return namespace;
}
