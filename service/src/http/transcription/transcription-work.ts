import type { FastifyBaseLogger } from 'fastify';
import type { RequestTiming, ShortContextCounts, Ticket } from '../../engine/engine';
import { EngineError } from '../../engine/engine-error';
import type { RequestRecord } from '../../observability/request-record';
import type { Transcription } from '../../whisper/transcribe';
import type { UploadedFile } from '../uploads/upload';
import { transcribeAudio, type SegmentListener } from './transcribe-audio';
import type { TranscriptionRequest } from './transcription-request';
import type { TranscriptionService } from './transcription-service';

/**
 * One file on its way to a transcript: from its bytes on, with a place of its own in the engine's queue. It may outlive
 * the request that began it, when another waits for the same under one idempotency key.
 */
export class TranscriptionWork {
  private ticket: Ticket | undefined;
  private audioDecodeMs: number | undefined;
  private audioSeconds: number | undefined;
  private transcription: Transcription | undefined;
  private isClaimed = false;

  /** @param enter takes the place, and throws where there is none in time */
  constructor(
    private readonly service: TranscriptionService,
    private readonly log: FastifyBaseLogger,
    private readonly enter: () => Ticket,
  ) {}

  /** Whether the caller is the first: one request alone answers for the work in log and metrics. */
  claim(): boolean {
    const isFirst = !this.isClaimed;
    this.isClaimed = true;
    return isFirst;
  }

  get text(): string | undefined {
    return this.transcription?.text;
  }

  /** What is known so far. */
  get facts(): WorkFacts {
    const { audioDecodeMs, audioSeconds, transcription } = this;
    return { audioDecodeMs, audioSeconds, transcription, timing: this.ticket?.timing };
  }

  /** Called once. @throws ApiError, AudioError, WhisperError, EngineError; the signal's reason */
  async run(
    file: UploadedFile,
    wanted: TranscriptionRequest,
    signal: AbortSignal,
    onSegment?: SegmentListener,
  ): Promise<Transcription> {
    const { gate, transcriber, quarantine } = this.service;
    const ticket = this.enter();
    this.ticket = ticket;
    try {
      const started = performance.now();
      const { channel, rawFormat } = wanted;
      const audio = await gate.decode(file.bytes, signal, { channel, format: rawFormat });
      this.audioDecodeMs = performance.now() - started;
      this.audioSeconds = audio.durationS;
      try {
        this.transcription = await transcribeAudio(audio, wanted, transcriber.forTicket(ticket), signal, {
          onWork: (work) => {
            ticket.expect(work);
          },
          onSegment,
        });
        return this.transcription;
      } finally {
        gate.release(audio);
      }
    } catch (error) {
      if (error instanceof EngineError && error.code === 'poison_request') {
        this.log.error({ sha256: file.sha256 }, 'the engine crashed twice on this upload: it is refused for an hour');
        quarantine.add(file.sha256);
      }
      throw error;
    } finally {
      ticket.leave();
    }
  }
}

interface WorkFacts {
  readonly audioDecodeMs: number | undefined;
  readonly audioSeconds: number | undefined;
  readonly transcription: Transcription | undefined;
  readonly timing: RequestTiming | undefined;
}

/** What a request's record says of its works together; what is not known of any is left out. */
export function factsOf(works: readonly TranscriptionWork[]): Partial<RequestRecord> {
  const facts = works.map((work) => work.facts);
  const sum = (values: readonly (number | undefined)[]): number | undefined => {
    const known = values.filter((value) => value !== undefined);
    return known.length > 0 ? known.reduce((total, value) => total + value, 0) : undefined;
  };
  const transcriptions = facts.flatMap(({ transcription }) => transcription ?? []);
  const verdicts: Record<string, number> = {};
  for (const { hallucination } of transcriptions.flatMap(({ segments }) => segments)) {
    if (hallucination) verdicts[hallucination.reason] = (verdicts[hallucination.reason] ?? 0) + 1;
  }
  const last = transcriptions.at(-1);
  return {
    audioDecodeMs: sum(facts.map(({ audioDecodeMs }) => audioDecodeMs)),
    audioSeconds: sum(facts.map(({ audioSeconds }) => audioSeconds)),
    ...timingOf(facts.flatMap(({ timing }) => timing ?? [])),
    ...(last && {
      language: last.language,
      confidence: last.confidence ?? null,
      characters: sum(transcriptions.map(({ text }) => text.length)),
      hallucinations: verdicts,
    }),
  };
}

/** The texts, a line each. */
export function textsOf(works: readonly TranscriptionWork[]): string | undefined {
  const texts = works.flatMap(({ text }) => text ?? []);
  return texts.length > 0 ? texts.join('\n') : undefined;
}

/** Undefined where the engine was never asked. */
function timingOf(timings: readonly RequestTiming[]): Partial<RequestRecord> {
  const total = (of: (timing: RequestTiming) => number): number => timings.reduce((sum, timing) => sum + of(timing), 0);
  if (total(({ windows }) => windows) === 0) return {};
  return {
    queueMs: total(({ queueMs }) => queueMs),
    encodeMs: total(({ encodeMs }) => encodeMs),
    decodeMs: total(({ decodeMs }) => decodeMs),
    tokens: total(({ tokens }) => tokens),
    windows: total(({ windows }) => windows),
    firstTokenMs: timings.find(({ firstTokenMs }) => firstTokenMs !== undefined)?.firstTokenMs,
    ...shortContextOf(timings.flatMap(({ shortContext }) => shortContext ?? [])),
  };
}

/** Nothing where short context is off. */
function shortContextOf(counts: readonly ShortContextCounts[]): Partial<RequestRecord> {
  if (counts.length === 0) return {};
  const reruns: Record<string, number> = {};
  for (const [doubt, windows] of counts.flatMap((each) => Object.entries(each.reruns))) {
    reruns[doubt] = (reruns[doubt] ?? 0) + windows;
  }
  return { shortWindows: counts.reduce((sum, { windows }) => sum + windows, 0), shortContextReruns: reruns };
}
