import type { ApiObjectMetadata } from 'cdk8s';
import { Pod } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { checkAnnotations } from './annotations';
import { isLabel, isLabelValue, type Identity } from './identity';
import type { PropFaults } from './prop-faults';

/** What is written on the pods for others to read. */
export interface PodMetadataProps {
  /**
   * Labels of the pods alone, for example one that a cost report or a mesh reads. `labels` puts them on every object.
   *
   * @default - `labels` and the construct's own
   */
  readonly podLabels?: Record<string, string>;

  /**
   * Annotations of the pods, for example `linkerd.io/inject: disabled`.
   *
   * @default - none
   */
  readonly podAnnotations?: Record<string, string>;
}

/**
 * Where auditors contradict each other, the exemption and its reason: comments do not survive synth.
 *
 * kube-score (deployment-targeted-by-hpa-does-not-have-replicas-configured) refuses what Polaris
 * (deploymentMissingReplicas) demands.
 */
export const DEPLOYMENT_EXEMPTIONS: Readonly<Record<string, string>> = {
  'polaris.fairwinds.com/deploymentMissingReplicas-exempt': 'true',
  'cdk8s-whisper-stt/deploymentMissingReplicas-exempt-reason':
    "The autoscaler owns the number of replicas: one that is stated here would undo the autoscaler's at each apply.",
};

/** Labels and annotations of the pods. */
export class PodMetadata {
  readonly #labels: Record<string, string>;
  readonly #annotations: Record<string, string>;
  readonly #identity: Identity;

  constructor(props: PodMetadataProps, identity: Identity, faults: PropFaults) {
    this.#identity = identity;
    this.#labels = props.podLabels ?? {};
    this.#annotations = props.podAnnotations ?? {};
    const reserved = new Set([...Object.keys(identity.labels), Pod.ADDRESS_LABEL]);
    for (const [key, value] of Object.entries(this.#labels)) {
      const prop = `podLabels[${JSON.stringify(key)}]`;
      if (reserved.has(key)) {
        faults.add('label-reserved', prop, value, 'every object of the service has it already. Leave it out.');
      } else if (!isLabel(key) || !isLabelValue(value)) {
        faults.add('label-invalid', prop, value, 'Kubernetes would refuse it. Give key and value of a label.');
      }
    }
    checkAnnotations('podAnnotations', this.#annotations, faults);
  }

  toMetadata(scope: Construct): ApiObjectMetadata {
    const { labels } = this.#identity.podMetadata(scope);
    return { labels: { ...labels, ...this.#labels }, annotations: this.#annotations };
  }
}
