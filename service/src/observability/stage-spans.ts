import type { RequestRecord } from './request-record';

/** A stage of a request; times in milliseconds from the head's arrival. */
export interface StageSpan {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * When the stages of a request were, from how long they took. The upload begins with the request, and decoding the audio
 * follows it; the engine's stages end with the answer, which costs next to nothing to write. Exact for audio of one window,
 * as agents send; of several windows, queue, encode and decode take turns and are shown in sum, one after the other.
 */
export function stageSpans(record: RequestRecord): readonly StageSpan[] {
  const { uploadMs, audioDecodeMs, totalMs } = record;
  const before = consecutive(0, [
    ['upload', uploadMs],
    ['audio decode', audioDecodeMs],
  ]);
  const engine = [
    ['queue', record.queueMs],
    ['encode', record.encodeMs],
    ['decode', record.decodeMs],
  ] as const;
  const engineMs = engine.reduce((sum, [, durationMs]) => sum + (durationMs ?? 0), 0);
  const startMs = totalMs - engineMs;
  // Windows that several engine processes worked on at once: their sums stand for no stretch of time.
  if (startMs < (before.at(-1)?.endMs ?? 0)) return before;
  return [...before, ...consecutive(startMs, engine)];
}

function consecutive(
  fromMs: number,
  stages: readonly (readonly [name: string, durationMs: number | undefined])[],
): readonly StageSpan[] {
  const spans: StageSpan[] = [];
  let startMs = fromMs;
  for (const [name, durationMs] of stages) {
    if (durationMs === undefined) continue;
    spans.push({ name, startMs, endMs: startMs + durationMs });
    startMs += durationMs;
  }
  return spans;
}
