import { isIPv4, isIPv6 } from 'node:net';
import { isLabel, isLabelValue } from './identity';
import type { PropFaults } from './prop-faults';

/** Kubernetes puts every namespace's name on it as this label. */
export const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name';

/** Somebody on the other end of a connection, for the NetworkPolicy. */
export class NetworkPeer {
  /** Every pod of the service's own namespace. */
  public static ownNamespace(): NetworkPeer {
    return new NetworkPeer({ podLabels: {} });
  }

  /**
   * Pods of the service's own namespace.
   *
   * Use case: the agents and nobody else, `NetworkPeer.pods({ app: 'voice-agent' })`.
   *
   * @param labels labels that the pods carry, all of them; at least one
   */
  public static pods(labels: Record<string, string>): NetworkPeer {
    return new NetworkPeer({ podLabels: labels, mustSelect: true });
  }

  /**
   * Pods of a namespace, by its name.
   *
   * @param name name of the namespace
   * @param podLabels labels that the pods carry, all of them; every pod of the namespace when left out
   */
  public static namespace(name: string, podLabels?: Record<string, string>): NetworkPeer {
    return new NetworkPeer({ namespaceLabels: { [NAMESPACE_NAME_LABEL]: name }, podLabels });
  }

  /**
   * Pods of each namespace that carries the labels.
   *
   * Use case: every tenant of a platform, `NetworkPeer.namespaces({ tenant: 'voice' })`.
   *
   * @param labels labels that the namespaces carry, all of them; at least one
   * @param podLabels labels that the pods carry, all of them; every pod of the namespaces when left out
   */
  public static namespaces(labels: Record<string, string>, podLabels?: Record<string, string>): NetworkPeer {
    return new NetworkPeer({ namespaceLabels: labels, podLabels, mustSelect: true });
  }

  /**
   * Addresses outside of the cluster, or of nodes.
   *
   * Use case: a proxy on the host's network, or a load balancer that keeps the caller's address.
   *
   * @param cidr range of addresses, for example `10.0.0.0/8`
   */
  public static addresses(cidr: string): NetworkPeer {
    return new NetworkPeer({ cidr });
  }

  /** Range of addresses; undefined where the peer is pods. */
  public readonly cidr?: string;

  /** Labels of the peer's namespaces; undefined where they are the service's own namespace. */
  public readonly namespaceLabels?: Record<string, string>;

  /** Labels of the peer's pods; undefined or empty where they are all pods. */
  public readonly podLabels?: Record<string, string>;

  private readonly mustSelect: boolean;

  private constructor(peer: PeerFields) {
    this.cidr = peer.cidr;
    this.namespaceLabels = peer.namespaceLabels;
    this.podLabels = peer.podLabels;
    this.mustSelect = peer.mustSelect ?? false;
  }

  /**
   * Notes what Kubernetes would refuse, or read as "everybody".
   *
   * @internal
   */
  public _check(prop: string, faults: PropFaults): void {
    if (this.cidr !== undefined && !isCidr(this.cidr)) {
      faults.add(
        'peer-invalid',
        prop,
        this.cidr,
        'it must be a range of addresses, address/prefix, as "10.0.0.0/8" or "fd00::/8".',
      );
    }
    if (this.cidr === undefined && this.namespaceLabels === undefined && this.podLabels === undefined) {
      faults.add('peer-invalid', prop, undefined, 'nothing means everybody. Name pods, namespaces or addresses.');
    }
    const selecting = this.namespaceLabels ?? this.podLabels;
    if (this.mustSelect && Object.keys(selecting ?? {}).length === 0) {
      faults.add(
        'peer-invalid',
        prop,
        'no labels',
        'no labels mean everybody. Give at least one, or use NetworkPeer.ownNamespace().',
      );
    }
    for (const [key, value] of Object.entries({ ...this.namespaceLabels, ...this.podLabels })) {
      // A namespace's name is in the label's value, where an empty one would select nothing.
      const empty = key === NAMESPACE_NAME_LABEL && value === '';
      if (!isLabel(key) || !isLabelValue(value) || empty) {
        faults.add(
          'peer-invalid',
          prop,
          `${key}=${value}`,
          'key and value must be those of a Kubernetes label: letters, digits, "-", "_" and ".", at most 63 characters.',
        );
      }
    }
  }
}

interface PeerFields {
  readonly cidr?: string;
  readonly namespaceLabels?: Record<string, string>;
  readonly podLabels?: Record<string, string>;
  readonly mustSelect?: boolean;
}

function isCidr(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const bits = /^(?:0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : Infinity;
  return rest.length === 0 && ((isIPv4(address) && bits <= 32) || (isIPv6(address) && bits <= 128));
}
