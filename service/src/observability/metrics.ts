import { Counter, Histogram, Registry } from 'prom-client';
import { LEGACY_METRICS } from '../../../lib/contract';

/** Upper bounds in seconds; prometheus_client's defaults, which the replaced service had, and longer ones for files. */
const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 900];

/** The series of the replaced service, under their names. */
export class TranscriptionMetrics {
  private readonly registry = new Registry();
  private readonly requests = new Counter({
    name: LEGACY_METRICS.requests,
    help: 'Transcription requests',
    registers: [this.registry],
  });
  private readonly errors = new Counter({
    name: LEGACY_METRICS.errors,
    help: 'Transcription requests that were answered with an error',
    registers: [this.registry],
  });
  private readonly duration = new Histogram({
    name: LEGACY_METRICS.duration,
    help: 'Time from a request that is read whole to its transcript, in seconds',
    buckets: SECONDS_BUCKETS,
    registers: [this.registry],
  });
  private readonly audioDuration = new Histogram({
    name: LEGACY_METRICS.audioDuration,
    help: 'Length of the audio of a request, in seconds',
    buckets: SECONDS_BUCKETS,
    registers: [this.registry],
  });

  get contentType(): string {
    return this.registry.contentType;
  }

  render(): Promise<string> {
    return this.registry.metrics();
  }

  countRequest(): void {
    this.requests.inc();
  }

  countError(): void {
    this.errors.inc();
  }

  observeAudio(seconds: number): void {
    this.audioDuration.observe(seconds);
  }

  observeTranscription(seconds: number): void {
    this.duration.observe(seconds);
  }
}
