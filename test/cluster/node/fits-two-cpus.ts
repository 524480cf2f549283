import { App, Chart, Size } from 'cdk8s';
import { parseAllDocuments } from 'yaml';
import { WhisperModel, WhisperSttService, type WhisperSttServiceProps } from '../../../lib';
import type { KubernetesObject } from '../objects';

/** Which image the small deployment runs. */
export interface FitsTwoCpusOptions {
  /** `sha256:…` of the image, as a pipeline knows it after it has built it. */
  readonly imageDigest: string;

  /** Model that the image holds, and its working set at rest, where the construct does not know it. */
  readonly model: Pick<WhisperSttServiceProps, 'model' | 'idleMemory'>;

  /** Namespace of the chart; that of the document by default. */
  readonly namespace?: string;
}

/** The embedded model; its working set is what `npm run test:node` prints, rounded up. */
export const NANO: FitsTwoCpusOptions['model'] = {
  model: WhisperModel.custom('nano'),
  idleMemory: Size.mebibytes(100),
};

/**
 * The deployment of the document on the smallest node that pins CPUs: two CPUs, of which one is the system's.
 *
 * The same props as in `apps/voice-agent-phase5.ts`, but one CPU a pod, one pod at rest, and at a rollout the old pod
 * leaves before the new one comes: there is no CPU for a second.
 *
 * @returns the manifests, as `cdk8s synth` writes them
 */
export function fitsTwoCpus({
  imageDigest,
  model,
  namespace = 'voice-agent-phase5',
}: FitsTwoCpusOptions): KubernetesObject[] {
  const app = new App();
  const chart = new Chart(app, 'voice-agent-phase5', { namespace });
  new WhisperSttService(chart, 'stt', {
    name: 'stt-service',
    image: 'stt-service:v1.0.16-amd64',
    imageDigest,
    ...model,
    cpus: 1,
    minReplicas: 1,
    maxReplicas: 2,
    maxSurge: 0,
    maxUnavailable: 1,
  });
  return parseAllDocuments(app.synthYaml()).map((document) => document.toJS() as KubernetesObject);
}
