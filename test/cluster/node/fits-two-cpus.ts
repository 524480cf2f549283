import { ApiObject, App, Chart, JsonPatch, Size } from 'cdk8s';
import { parseAllDocuments } from 'yaml';
import { WhisperModel, WhisperSttService } from '../../../lib';
import type { KubernetesObject } from '../objects';

/** What the small deployment is made for. */
export interface FitsTwoCpusOptions {
  /** `sha256:…` of the image, as a pipeline knows it after it has built it. */
  readonly imageDigest: string;

  /** Model that the image holds. @default nano */
  readonly model?: WhisperModel;
}

/**
 * The deployment of the document on the smallest node that pins CPUs: two CPUs, of which one is the system's.
 *
 * The same props as in `apps/voice-agent-phase5.ts`, but one CPU a pod and one pod at rest.
 *
 * @returns the manifests, as `cdk8s synth` writes them
 */
export function fitsTwoCpus({
  imageDigest,
  model = WhisperModel.custom('nano'),
}: FitsTwoCpusOptions): KubernetesObject[] {
  const app = new App();
  const chart = new Chart(app, 'voice-agent-phase5', { namespace: 'voice-agent-phase5' });
  const service = new WhisperSttService(chart, 'stt', {
    name: 'stt-service',
    image: 'stt-service:v1.0.16-amd64',
    imageDigest,
    model,
    cpus: 1,
    minReplicas: 1,
    maxReplicas: 2,
    idleMemory: Size.mebibytes(240),
  });
  // There is no CPU for a second pod: at a rollout the old one leaves before the new one comes.
  ApiObject.of(service.deployment).addJsonPatch(
    JsonPatch.replace('/spec/strategy/rollingUpdate', { maxSurge: 0, maxUnavailable: 1 }),
  );
  return parseAllDocuments(app.synthYaml()).map((document) => document.toJS() as KubernetesObject);
}
