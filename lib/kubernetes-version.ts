import type { PropFaults } from './prop-faults';

/** Which Kubernetes the manifests are for. */
export interface KubernetesVersionProps {
  /**
   * Oldest Kubernetes that the manifests must work on, as `1.30`, from `1.28`.
   *
   * A field is emitted only where every cluster from this version on has it without a feature gate. Older ones get
   * something else: the server's own drain delay for `preStop.sleep` (1.30), nothing for `trafficDistribution` (1.33);
   * native sidecars (1.29), admission policies and metrics of one container (1.30) and image volumes (1.35) are refused.
   *
   * @default '1.28'
   */
  readonly kubernetesVersion?: string;
}

const DEFAULT_VERSION = '1.28';

/** What cdk8s-plus-28 writes; older API servers lack fields that are always emitted. */
const OLDEST_MINOR = 28;

const VERSION = /^v?1\.(?<minor>\d{1,3})(?:\.\d+)?(?:[-+].*)?$/;

/** A release of Kubernetes 1.x, known by its minor version. */
export class KubernetesVersion {
  private constructor(readonly minor: number) {}

  /** @param text as `1.30`; `v1.30.4` and what providers append, `1.30.4-gke.100`, are taken as 1.30 */
  static parse(text = DEFAULT_VERSION, faults: PropFaults): KubernetesVersion {
    const minor = Number(VERSION.exec(text)?.groups?.minor);
    if (!(minor >= OLDEST_MINOR)) {
      faults.add(
        'kubernetes-version-invalid',
        'kubernetesVersion',
        text,
        `it must be 1.${OLDEST_MINOR} or later, as "1.30": the oldest version of the clusters that are deployed to.`,
      );
    }
    return new KubernetesVersion(minor);
  }

  /** Whether this is 1.`minor` or later. */
  atLeast(minor: number): boolean {
    return this.minor >= minor;
  }

  toString(): string {
    return `1.${this.minor}`;
  }
}
