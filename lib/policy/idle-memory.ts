import { modelNeeds } from '../model-needs';
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

const MEBIBYTE = 2 ** 20;

/**
 * Of the server with tiny, and with no other model: 278Mi in a memory cgroup of 700Mi, without inactive file pages as
 * the kubelet counts, 20 s after ten transcriptions (random weights of tiny's shapes, ONNX Runtime without its arena).
 */
const MEASURED_MEBIBYTES: Readonly<Record<string, number>> = {
  'tiny in int8': 280,
  'tiny.en in int8': 280,
};

/** Share of its need that a server keeps when idle: tiny has 278 of 512Mi in int8, and 565 of 832Mi in fp32. */
const ASSUMED_SHARE = 0.7;

/**
 * @param sidecarBytes requested by the other containers that the metric counts: the most that they can use
 * @returns undefined for a model of the user's own whose idle working set nobody declares
 */
export function idleMemoryOf(autoscaler: Manifest, server: Container, sidecarBytes: number): IdleMemory | undefined {
  const declared = ResourceQuantity.parse(autoscaler.metadata.annotations?.[IDLE_MEMORY_ANNOTATION]);
  if (declared) {
    return { bytes: declared.toNumber(), source: 'declared' };
  }
  const { folder, quantization, description } = serverModel(server);
  const measured = MEASURED_MEBIBYTES[description];
  if (measured !== undefined) {
    return { bytes: measured * MEBIBYTE + sidecarBytes, source: 'measured' };
  }
  const peak = modelNeeds(folder, quantization)?.memory.toMebibytes();
  return peak === undefined
    ? undefined
    : { bytes: Math.round(peak * ASSUMED_SHARE) * MEBIBYTE + sidecarBytes, source: 'assumed' };
}
