/** What happened to a transcription request; nothing of what was said. Times in milliseconds. */
export interface RequestRecord {
  /** The route as it is registered: `/v1/audio/transcriptions`. */
  readonly route: string;
  /** Name of the API key. */
  readonly key?: string;
  /** The caller's name for the session, of `x-session-id`. */
  readonly session?: string;
  /** `ok`, or the code of the error. */
  readonly outcome: string;
  /** HTTP status of the answer. */
  readonly status: number;
  /** From the head's arrival to the last byte of the body. */
  readonly uploadMs?: number;
  /** Decoding the file to samples. */
  readonly audioDecodeMs?: number;
  /** What the windows waited for the engine, in sum. */
  readonly queueMs?: number;
  /** What the windows took in the encoder, in sum. */
  readonly encodeMs?: number;
  /** What the windows took in the decoder, in sum. */
  readonly decodeMs?: number;
  /** From when the first window was queued to its first token. */
  readonly firstTokenMs?: number;
  /** From the head's arrival to the answer. */
  readonly totalMs: number;
  readonly tokens?: number;
  readonly windows?: number;
  /** Windows that were heard at short context first; absent where none was. */
  readonly shortWindows?: number;
  /** Of these, the ones that were heard again, by what spoke against their text. */
  readonly shortContextReruns?: Readonly<Record<string, number>>;
  readonly audioSeconds?: number;
  readonly uploadBytes?: number;
  /** Code of the language that was decoded. */
  readonly language?: string;
  /** 0 to 1; null where nobody speaks. */
  readonly confidence?: number | null;
  /** Length of the text. */
  readonly characters?: number;
  /** Segments that were probably never said, by what speaks against them. */
  readonly hallucinations?: Readonly<Record<string, number>>;
  /** Format of the answer: `json`, `srt`, …. */
  readonly format?: string;
  /** Name of the model that decoded. */
  readonly model?: string;
}

/** Microseconds say nothing of a request, and make lines that are hard to read. */
const DECIMALS_OF_MS = 1;

/** Fields of the log line of a request; what is not known is left out. Names are stable (docs/observability.md). */
export function logFields(record: RequestRecord): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]: [string, unknown]) => [name, name.endsWith('Ms') ? rounded(value as number) : value]),
  );
}

/** Stages in the order in which a request passes them, by their names in Server-Timing. */
const STAGES = [
  ['upload', 'uploadMs'],
  ['audio', 'audioDecodeMs'],
  ['queue', 'queueMs'],
  ['encode', 'encodeMs'],
  ['decode', 'decodeMs'],
  ['total', 'totalMs'],
] as const;

/** Value of the header Server-Timing (W3C): what of the answer's time went where, in milliseconds. */
export function serverTiming(record: RequestRecord): string {
  return STAGES.flatMap(([name, field]) => {
    const durationMs = record[field];
    return durationMs === undefined ? [] : [`${name};dur=${rounded(durationMs)}`];
  }).join(', ');
}

function rounded(durationMs: number): number {
  return Number(durationMs.toFixed(DECIMALS_OF_MS));
}
