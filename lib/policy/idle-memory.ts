import { modelNeeds } from '../model-needs';
import { BYTES_IN_MEBIBYTE } from '../planning/hpa-ratchet';
import type { Container, Manifest } from './manifest';
import { ResourceQuantity } from './resource-quantity';
import { serverModel } from './server-model';

/** Annotation of the autoscaler with which a manifest declares it, so that whoever checks the YAML knows it too. */
export const IDLE_MEMORY_ANNOTATION = 'cdk8s-whisper-stt/idle-memory';

/** Working set of a pod while nobody calls, of those of its containers that the metric counts. */
export interface IdleMemory {
  readonly bytes: number;

  /** Declared by the prop `idleMemory`, measured by this project, or assumed from what the model needs at its peak. */
  readonly source: 'declared' | 'measured' | 'assumed';
}

/**
 * @param sidecarBytes requested by the other containers that the metric counts: the most that they can use
 * @returns undefined for a model of the user's own whose idle working set nobody declares
 */
export function idleMemoryOf(autoscaler: Manifest, server: Container, sidecarBytes: number): IdleMemory | undefined {
  const declared = ResourceQuantity.parse(autoscaler.metadata.annotations?.[IDLE_MEMORY_ANNOTATION]);
  if (declared) {
    return { bytes: declared.toNumber(), source: 'declared' };
  }
  const { folder, quantization } = serverModel(server);
  const needs = modelNeeds(folder, quantization);
  return (
    needs && {
      bytes: needs.idleMebibytes * BYTES_IN_MEBIBYTE + sidecarBytes,
      source: needs.idleMeasured ? 'measured' : 'assumed',
    }
  );
}
