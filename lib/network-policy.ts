import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Identity } from './identity';
import { NetworkPeer } from './network-peer';
import type { PropFaults } from './prop-faults';
import type { Warnings } from './warnings';

/** Who may talk to the pods, and to whom they may talk. */
export interface NetworkPolicyProps {
  /**
   * Whether to emit a NetworkPolicy: it denies everything in both directions but what the next props allow.
   *
   * The network plugin of the cluster has to enforce it. Probes of the kubelet are always allowed.
   *
   * @default true
   */
  readonly networkPolicy?: boolean;

  /**
   * Who may send requests. The proxy of `ingress` and `httpRoute` is added to it.
   *
   * @default - every pod of the service's own namespace
   */
  readonly callers?: NetworkPeer[];

  /**
   * Who may read the metrics. They are on the port of the requests.
   *
   * @default - every pod of the namespace `monitoring`
   */
  readonly scrapers?: NetworkPeer[];

  /**
   * Whether the pods may resolve names, with the cluster's DNS (`k8s-app: kube-dns` in `kube-system`).
   *
   * The server needs none: its model is in the image. Sidecars may.
   *
   * @default true
   */
  readonly allowDns?: boolean;

  /**
   * Whom the pods may open connections to. The server calls nobody; sidecars may have to: a log shipper its collector.
   *
   * @default - nobody but DNS; with sidecars there is a warning, which `[]` answers
   */
  readonly egress?: NetworkDestination[];
}

/** Somebody to whom the pods may open connections. */
export interface NetworkDestination {
  /** Who it is. */
  readonly to: NetworkPeer;

  /** TCP ports of it; at least one. */
  readonly ports: number[];
}

/** Where kube-prometheus and its Helm chart put Prometheus. */
const DEFAULT_SCRAPERS_NAMESPACE = 'monitoring';

/** CoreDNS keeps the labels of kube-dns, which it replaced. */
const CLUSTER_DNS = NetworkPeer.namespace('kube-system', { 'k8s-app': 'kube-dns' });
const DNS_PORT = 53;

/** Both directions of the pods' traffic. */
export class NetworkAccess {
  readonly enabled: boolean;
  readonly callers: readonly NetworkPeer[];
  readonly scrapers: readonly NetworkPeer[];
  readonly allowDns: boolean;
  readonly egress: readonly NetworkDestination[];

  /** @param proxies those that `ingress` and `httpRoute` name; undefined where they name none */
  constructor(
    props: NetworkPolicyProps,
    proxies: { readonly ingress?: NetworkPeer; readonly httpRoute?: NetworkPeer },
    faults: PropFaults,
  ) {
    this.enabled = props.networkPolicy ?? true;
    this.callers = props.callers ?? [NetworkPeer.ownNamespace()];
    this.scrapers = props.scrapers ?? [NetworkPeer.namespace(DEFAULT_SCRAPERS_NAMESPACE)];
    this.allowDns = props.allowDns ?? true;
    this.egress = props.egress ?? [];
    this.callers.forEach((peer, index) => {
      peer._check(`callers[${index}]`, faults);
    });
    this.scrapers.forEach((peer, index) => {
      peer._check(`scrapers[${index}]`, faults);
    });
    this.egress.forEach((destination, index) => {
      checkDestination(`egress[${index}]`, destination, faults);
    });
    if (!this.enabled) {
      const { callers, scrapers, allowDns, egress } = props;
      const { ingress, httpRoute } = proxies;
      const unused = { callers, scrapers, allowDns, egress, 'ingress.proxy': ingress, 'httpRoute.proxy': httpRoute };
      for (const [prop, value] of Object.entries(unused)) {
        if (value !== undefined) {
          faults.add(
            'network-policy-off',
            prop,
            JSON.stringify(value),
            `it has no effect with networkPolicy: false. Leave one of the two out.`,
          );
        }
      }
    }
  }
}

function checkDestination(prop: string, { to, ports }: NetworkDestination, faults: PropFaults): void {
  to._check(`${prop}.to`, faults);
  if (ports.length === 0) {
    faults.add('egress-invalid', `${prop}.ports`, '[]', 'no ports mean every port. Give at least one.');
  }
  ports.forEach((port, index) => {
    faults.wholeNumber('egress-invalid', `${prop}.ports[${index}]`, port, {
      min: 1,
      max: 65_535,
      remedy: 'Give the TCP port that it listens at.',
    });
  });
}

/** Sidecars that nobody said anything about: whatever they send is dropped, and they say so at best in their own log. */
export function warnOfMuteSidecars(
  { networkPolicy = true, egress }: NetworkPolicyProps,
  sidecars: number,
  warnings: Warnings,
): void {
  if (networkPolicy && sidecars > 0 && egress === undefined) {
    warnings.add(
      'sidecars-without-egress',
      "the NetworkPolicy lets sidecars reach nobody but DNS. Name what they connect to in 'egress', or say egress: [].",
    );
  }
}

/**
 * One object with every rule. The connections of cdk8s-plus would write further policies into the namespaces of the
 * peers: one that closes `kube-dns` to everybody else, and one that closes the pods of `monitoring`.
 *
 * @param proxies who forwards requests from outside of the cluster
 */
export function createNetworkPolicy(
  scope: Construct,
  identity: Identity,
  port: number,
  access: NetworkAccess,
  proxies: readonly NetworkPeer[],
): ApiObject {
  const from = [...access.callers, ...proxies, ...access.scrapers].map(toKube);
  return new k8s.KubeNetworkPolicy(scope, 'NetworkPolicy', {
    metadata: identity.metadata(),
    spec: {
      // The instance alone: Polaris' missingNetworkPolicy wants exactly one label in common with the pods.
      podSelector: { matchLabels: { 'app.kubernetes.io/instance': identity.name } },
      policyTypes: ['Ingress', 'Egress'],
      // No rule at all where nobody is allowed: a rule with an empty `from` would let everybody in.
      ingress: from.length > 0 ? [{ from, ports: [tcp(port)] }] : [],
      egress: [
        ...(access.allowDns
          ? [{ to: [toKube(CLUSTER_DNS)], ports: [{ ...tcp(DNS_PORT), protocol: 'UDP' }, tcp(DNS_PORT)] }]
          : []),
        ...access.egress.map(({ to, ports }) => ({ to: [toKube(to)], ports: ports.map(tcp) })),
      ],
    },
  });
}

/** By number: not every network plugin knows named ports. */
function tcp(port: number): k8s.NetworkPolicyPort {
  return { port: k8s.IntOrString.fromNumber(port), protocol: 'TCP' };
}

function toKube({ cidr, namespaceLabels, podLabels }: NetworkPeer): k8s.NetworkPolicyPeer {
  if (cidr !== undefined) {
    return { ipBlock: { cidr } };
  }
  return {
    namespaceSelector: namespaceLabels && { matchLabels: namespaceLabels },
    podSelector: podLabels && (Object.keys(podLabels).length > 0 ? { matchLabels: podLabels } : {}),
  };
}
