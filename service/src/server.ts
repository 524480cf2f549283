import { statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { DRAIN, ENV, EXIT_CODES } from '../../lib/contract';
import { AudioDecoder } from './audio/audio-decoder';
import { ConfigError, type Config } from './config';
import type { ResourceLimits } from './engine/cgroup';
import type { CompiledVariant } from './engine/compiled-variant';
import type { Engine } from './engine/engine';
import { engineTranscriber, type EngineTranscriber } from './engine/engine-transcriber';
import type { ModelDirectory } from './engine/model-directory';
import { verifyModelFiles } from './engine/model-integrity';
import { ignoredShortContext } from './engine/short-context-for';
import { buildApp } from './http/app';
import { ApiKeys } from './http/security/api-keys';
import { ServerState } from './http/server-state';
import { ServiceMetrics } from './observability/service-metrics';

/** Half an hour of audio takes 6 s of a core; what takes longer than this on a busy one is made to. */
const DECODE_TIMEOUT_MS = 30_000;

/** What there is before the server. */
export interface ServerParts {
  readonly config: Config;
  readonly directory: ModelDirectory;
  /** Held. */
  readonly engine: Engine;
  /** Of the engine's first process. */
  readonly engineStart: Promise<unknown>;
  readonly limits: ResourceLimits;
  readonly threads: number;
}

/** Answers HTTP, and ends as Kubernetes has it. */
export class Server {
  private readonly config: Config;
  private readonly directory: ModelDirectory;
  private readonly engine: Engine;
  private readonly decoder: AudioDecoder;
  private readonly transcriber: EngineTranscriber;
  private readonly state: ServerState;
  private readonly app: ReturnType<typeof buildApp>;
  private readonly metrics = new ServiceMetrics();
  private ending: Promise<void> | undefined;
  /** By a first signal. */
  private isTold = false;
  private exitWith: (code: number) => void = () => undefined;
  /** Called when the model is known to be whole, and work begins. */
  private open: () => void = () => undefined;
  private readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  /** @throws ConfigError, EngineError, WhisperError `model_invalid` */
  constructor(private readonly parts: ServerParts) {
    const { config, directory, engine } = parts;
    this.config = config;
    this.directory = directory;
    this.engine = engine;
    this.decoder = new AudioDecoder({
      maxDurationS: config.maxAudioSeconds,
      timeoutMs: Math.min(DECODE_TIMEOUT_MS, config.requestTimeoutSeconds * 1000),
      onRenewed: () => {
        this.app.collectAtRest();
      },
    });
    this.state = new ServerState(engine, config.readyMaxWaitSeconds);
    this.transcriber = engineTranscriber(engine, directory);
    this.app = buildApp({
      config,
      decoder: this.decoder,
      transcriber: this.transcriber,
      admission: engine.admission,
      state: this.state,
      metrics: this.metrics,
      apiKeys: config.apiKeysFile === undefined ? undefined : readApiKeys(config.apiKeysFile),
      weightBytes: directory.weightBytes,
      modelWrittenAt: Math.floor(statSync(directory.encoderPath).mtimeMs / 1000),
    });
  }

  /** Listens while the model loads, so that probes are answered. */
  async run(): Promise<number> {
    const exitCode = new Promise<number>((resolve) => {
      this.exitWith = resolve;
    });
    this.logEngineEvents();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      // The program's own, of the time before there was a server (bin/whisper-stt.js). It goes when this one is there:
      // what was heard in between would be lost.
      const earlier = process.listeners(signal);
      process.on(signal, () => void this.stop(signal));
      for (const listener of earlier) process.off(signal, listener);
    }
    const { log } = this.app;
    const { limits, threads } = this.parts;
    for (const [name, stated] of Object.entries(this.config.statedThreads)) {
      if (stated !== threads) {
        log.warn({ stated, cpus: threads }, `${name} differs from the CPUs that this process may use; the CPUs count`);
      }
    }
    if (this.config.voiceActivity === 'silero' && !this.engine.detectsSpeech) {
      log.warn('the speech detector is not installed: the energy gate alone decides where somebody speaks');
    }
    const missing = this.directory.layout === 'published' ? this.directory.missingVariant : undefined;
    if (missing !== undefined) {
      log.warn(
        { variant: missing },
        'the model was compiled, but not all of this variant is there: its published files, which are slower, are used; compile it anew',
      );
    }
    const ignored = ignoredShortContext(this.directory, this.config);
    if (ignored !== undefined) log.warn(ignored);
    try {
      await this.listen();
      const { port } = this.app.server.address() as AddressInfo;
      const { model, quantization, modelStore } = this.config;
      log.info({ port, model, quantization, ...this.layout, modelStore, threads, ...limits }, 'listening');
      this.transcriber.prepare();
      // Before anything is worked at: what is damaged may load, and then mistranscribe. And before the end of loading is
      // awaited: it may also fail to load.
      await this.verifyModel();
      // Told to stop meanwhile: there is nothing left to open.
      if (!this.state.draining) {
        this.engine.release();
        this.open();
      }
      await this.parts.engineStart;
      await this.app.compileSchemas();
    } catch (error) {
      // Told to stop while it was loading: that is an end as asked for.
      if (!this.state.draining) {
        this.state.drain();
        await this.end();
        throw error;
      }
    }
    return exitCode;
  }

  /** @throws ConfigError */
  private async listen(): Promise<void> {
    const { host, port } = this.config;
    try {
      await this.app.listen({ host, port });
    } catch (error) {
      throw new ConfigError([
        `${ENV.host}, ${ENV.port}: cannot listen on ${host}:${port}: ${(error as Error).message}`,
      ]);
    }
  }

  /** Which of the model's files are used. */
  private get layout(): { readonly layout: ModelDirectory['layout']; readonly variant?: CompiledVariant } {
    const { directory } = this;
    return { layout: directory.layout, ...(directory.layout === 'compiled' && { variant: directory.variant }) };
  }

  private async verifyModel(): Promise<void> {
    const started = performance.now();
    const { directory, config } = this;
    const digests = await verifyModelFiles(directory);
    const digestOf = (file: string): string | undefined => digests.get(path.relative(directory.path, file));
    this.metrics.modelLoaded({
      name: config.model,
      quantization: config.quantization,
      ...this.layout,
      encoderSha256: digestOf(directory.encoderPath),
      decoderSha256: digestOf(directory.decoderPath),
    });
    if (digests.size === 0) return;
    this.app.log.info({ files: digests.size, verifyMs: performance.now() - started }, 'model as its checksums say');
  }

  private logEngineEvents(): void {
    const { log } = this.app;
    this.metrics.readLoadFrom(() => this.engine.admission.load);
    this.metrics.readEngineMemoryFrom(() => this.engine.rssBytes);
    this.engine.on('ready', ({ pid, ...start }) => {
      // Small models are ready before the listener is.
      void this.opened.then(() => {
        log.info({ enginePid: pid, ...start }, 'engine ready');
      });
      if (start.cause !== undefined) this.metrics.engineRestarted(start.cause, start.downMs ?? 0);
    });
    this.engine.on('worked', ({ tokens }) => {
      this.metrics.windowWorked(tokens);
    });
    this.engine.on('lost', (loss) => {
      log.error(loss, 'engine process lost; restarting it');
    });
    this.engine.on('recycled', ({ pid, rssBytes }) => {
      log.warn({ enginePid: pid, rssBytes }, 'engine process replaced: its memory had grown above the limit');
    });
    this.engine.on('layout', (layout) => {
      log.info(layout, 'engine threads divided anew');
    });
    this.engine.on('failed', (error) => {
      log.fatal({ code: error.code }, error.message);
      // A start that fails is reported by run(); later the pod is to be replaced.
      if (this.state.started && !this.state.draining) void this.finish(EXIT_CODES.engine, 0);
    });
  }

  /**
   * Readiness fails at once; the listener stays open while endpoints are withdrawn; then what is in flight is answered.
   * A second signal ends the process without further waiting.
   */
  private async stop(signal: NodeJS.Signals): Promise<void> {
    const { log } = this.app;
    if (this.isTold) {
      log.warn(
        { signal, requestsCut: this.requestsInFlight },
        'second signal: ending without waiting for requests in flight',
      );
      process.exit(EXIT_CODES.drainTimeout);
    }
    this.isTold = true;
    // It is ending already, since its engine has given up.
    if (this.state.draining) return;
    log.info({ signal, drainDelaySeconds: this.config.drainDelaySeconds }, 'draining');
    await this.finish(EXIT_CODES.ok, this.config.drainDelaySeconds);
    log.info({ requestsCut: 0 }, 'stopped');
  }

  /** Readiness fails from here on; after the delay the listener closes, and what is in flight is answered. */
  private async finish(exitCode: number, delaySeconds: number): Promise<void> {
    this.state.drain();
    // Nothing is worked at yet, and the model need not go on loading.
    if (this.engine.isHeld) await this.engine.stop();
    const deadline = setTimeout(
      () => {
        this.app.log.error(
          { requestsCut: this.requestsInFlight },
          'requests in flight did not end in time: cutting them off',
        );
        process.exit(exitCode === EXIT_CODES.ok ? EXIT_CODES.drainTimeout : exitCode);
      },
      (delaySeconds + this.config.requestTimeoutSeconds + DRAIN.marginSeconds / 2) * 1000,
    );
    await new Promise((resolve) => setTimeout(resolve, delaySeconds * 1000));
    await this.end();
    clearTimeout(deadline);
    this.exitWith(exitCode);
  }

  /** Transcriptions that nobody has the whole answer of. */
  private get requestsInFlight(): number {
    return this.engine.admission.load.inFlight;
  }

  private end(): Promise<void> {
    this.ending ??= (async () => {
      await this.app.close();
      await Promise.all([this.engine.stop(), this.decoder.close()]);
    })();
    return this.ending;
  }
}

/** @throws ConfigError */
function readApiKeys(file: string): ApiKeys {
  try {
    return new ApiKeys(file);
  } catch (error) {
    throw new ConfigError([`${ENV.apiKeysFile}: ${(error as Error).message}`]);
  }
}
