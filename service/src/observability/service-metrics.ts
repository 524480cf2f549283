import { METRICS, REFUSAL_CAUSES, type RESTART_REASONS } from '../../../lib/metrics';
import type { EngineLoad } from '../engine/scheduling/engine-load';
import { VERSION } from '../version';
import { MetricRegistry } from './metric-registry';
import type { RequestRecord } from './request-record';

/** What is loaded. */
export interface ModelFacts {
  readonly name: string;
  readonly quantization: string;
  /** How the model's files are laid out: `published`, `compiled`. */
  readonly layout: string;
  /** Which of the compiled files are used; absent where the model was not compiled. */
  readonly variant?: string;
  /** Hexadecimal; absent where the model came without checksums. */
  readonly encoderSha256?: string;
  readonly decoderSha256?: string;
}

export type RestartReason = (typeof RESTART_REASONS)[number];

/** What is counted of transcriptions (lib/metrics.ts METRICS) and of the process. */
export class ServiceMetrics {
  private readonly registry = new MetricRegistry();
  private readonly countRequested = this.registry.counter(METRICS.requests);
  private readonly countFailed = this.registry.counter(METRICS.errors);
  private readonly observeDuration = this.registry.histogram(METRICS.duration);
  private readonly observeAudioDuration = this.registry.histogram(METRICS.audioDuration);
  private readonly countReceived = this.registry.counter(METRICS.received);
  private readonly countFinished = this.registry.counter(METRICS.finished);
  private readonly countRefused = this.registry.counter(METRICS.refused);
  private readonly countHttpError = this.registry.counter(METRICS.httpErrors);
  private readonly countDisconnect = this.registry.counter(METRICS.disconnects);
  private readonly countKeyRequest = this.registry.counter(METRICS.keyRequests);
  private readonly countKeyAudio = this.registry.counter(METRICS.keyAudio);
  private readonly observeRequestDuration = this.registry.histogram(METRICS.requestDuration);
  private readonly observeUpload = this.registry.histogram(METRICS.upload);
  private readonly observeUploadBytes = this.registry.histogram(METRICS.uploadBytes);
  private readonly observeAudioDecode = this.registry.histogram(METRICS.audioDecode);
  private readonly observeQueueWait = this.registry.histogram(METRICS.queueWait);
  private readonly observeFirstToken = this.registry.histogram(METRICS.firstToken);
  private readonly observeEncode = this.registry.histogram(METRICS.encode);
  private readonly observeDecode = this.registry.histogram(METRICS.decode);
  private readonly observeRealTimeFactor = this.registry.histogram(METRICS.realTimeFactor);
  private readonly observeTokenRate = this.registry.histogram(METRICS.tokenRate);
  private readonly countTokens = this.registry.counter(METRICS.tokens);
  private readonly countWindows = this.registry.counter(METRICS.windows);
  private readonly countShortWindows = this.registry.counter(METRICS.shortWindows);
  private readonly countShortContextReruns = this.registry.counter(METRICS.shortContextReruns);
  private readonly countHallucination = this.registry.counter(METRICS.hallucinations);
  private readonly countEngineRestart = this.registry.counter(METRICS.engineRestarts);
  private readonly observeEngineRecovery = this.registry.histogram(METRICS.engineRecovery);
  private readonly setModelInfo = this.registry.info(METRICS.modelInfo);

  constructor() {
    this.registry.info(METRICS.buildInfo)({ version: VERSION, node: process.version });
    this.registry.addProcessMetrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** What `/metrics` answers, in Prometheus' text format. */
  render(): Promise<string> {
    return this.registry.render();
  }

  /**
   * The head of a transcription request has arrived: called before anything is read or refused.
   *
   * @param route as it is registered
   * @param key name of the API key
   */
  requestReceived(route: string, key?: string): void {
    this.countRequested({});
    this.countReceived({ route });
    if (key !== undefined) this.countKeyRequest({ key });
  }

  /** Called once for each request received, however it ended. */
  requestFinished(record: RequestRecord): void {
    const { route, outcome, key, audioSeconds, totalMs, uploadMs } = record;
    this.countFinished({ route, outcome });
    if (REFUSAL_CAUSES.some((cause) => cause === outcome)) this.countRefused({ cause: outcome });
    this.observeUpload({}, seconds(uploadMs));
    this.observeUploadBytes({}, record.uploadBytes);
    this.observeAudioDecode({}, seconds(record.audioDecodeMs));
    this.observeAudioDuration({}, audioSeconds);
    // Where nobody speaks the engine is not asked; zeros would make it look fast.
    if (record.windows !== undefined && record.windows > 0) this.engineFinished(record);
    if (outcome !== 'ok') {
      this.countFailed({});
      return;
    }
    this.observeRequestDuration({ route }, seconds(totalMs));
    this.observeDuration({}, seconds(Math.max(0, totalMs - (uploadMs ?? 0))));
    if (key !== undefined) this.countKeyAudio({ key }, audioSeconds ?? 0);
    for (const [reason, segments] of Object.entries(record.hallucinations ?? {})) {
      this.countHallucination({ reason }, segments);
    }
  }

  /**
   * A request was answered with an error that never was one of transcription.
   *
   * @param code of the error
   */
  httpError(code: string): void {
    this.countHttpError({ code });
  }

  /** The engine has worked at a window: counted then, since it may be let go of after its request has ended. */
  windowWorked(tokens: number): void {
    this.countWindows({});
    this.countTokens({}, tokens);
  }

  /** A client has gone before its answer was complete. */
  disconnected(): void {
    this.countDisconnect({});
  }

  /**
   * An engine process has been replaced.
   *
   * @param downMs from its loss to its successor being warm
   */
  engineRestarted(reason: RestartReason, downMs: number): void {
    this.countEngineRestart({ reason });
    this.observeEngineRecovery({}, seconds(downMs));
  }

  modelLoaded(facts: ModelFacts): void {
    const { name, quantization, layout, variant = '', encoderSha256 = '', decoderSha256 = '' } = facts;
    const digests = { encoder_sha256: encoderSha256, decoder_sha256: decoderSha256 };
    this.setModelInfo({ name, quantization, layout, variant, ...digests });
  }

  /** From now on the gauges of the engine are there, read at each scrape. Called once. */
  readLoadFrom(load: () => EngineLoad): void {
    this.registry.gauge(METRICS.inFlight, () => load().inFlight);
    this.registry.gauge(METRICS.waiting, () => load().waiting);
    this.registry.gauge(METRICS.oldestWait, () => seconds(load().oldestWaitMs));
    this.registry.gauge(METRICS.predictedWait, () => seconds(load().predictedWaitMs));
    this.registry.gauge(METRICS.slots, () => load().slots);
    this.registry.gauge(METRICS.busySlots, () => load().busySlots);
  }

  /** From now on the memory of the engine's processes is there, read at each scrape, in bytes. Called once. */
  readEngineMemoryFrom(rssBytes: () => number): void {
    this.registry.gauge(METRICS.engineMemory, rssBytes);
  }

  private engineFinished({ queueMs, firstTokenMs, encodeMs, decodeMs, ...record }: RequestRecord): void {
    const { tokens = 0, audioSeconds = 0, shortWindows = 0, shortContextReruns = {} } = record;
    this.countShortWindows({}, shortWindows);
    for (const [cause, reruns] of Object.entries(shortContextReruns)) this.countShortContextReruns({ cause }, reruns);
    this.observeQueueWait({}, seconds(queueMs));
    this.observeFirstToken({}, seconds(firstTokenMs));
    this.observeEncode({}, seconds(encodeMs));
    this.observeDecode({}, seconds(decodeMs));
    if (encodeMs === undefined || decodeMs === undefined) return;
    if (audioSeconds > 0) this.observeRealTimeFactor({}, seconds(encodeMs + decodeMs) / audioSeconds);
    if (tokens > 0 && decodeMs > 0) this.observeTokenRate({}, tokens / seconds(decodeMs));
  }
}

function seconds(durationMs: number): number;
function seconds(durationMs: number | undefined): number | undefined;
function seconds(durationMs: number | undefined): number | undefined {
  return durationMs === undefined ? undefined : durationMs / 1000;
}
