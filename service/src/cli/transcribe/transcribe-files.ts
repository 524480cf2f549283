import { readFile, stat } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ENV, EXIT_CODES } from '../../../../lib/contract';
import { AudioDecoder, type DecodedAudio } from '../../audio/audio-decoder';
import { AudioError } from '../../audio/audio-error';
import { readConfig, type Config } from '../../config';
import { memoryLeft, resourceLimits, usableCpus } from '../../engine/cgroup';
import { Engine } from '../../engine/engine';
import { EngineError, type EngineErrorCode } from '../../engine/engine-error';
import { engineTranscriber, type EngineTranscriber } from '../../engine/engine-transcriber';
import { openModelDirectory, type ModelDirectory } from '../../engine/model-directory';
import { ignoredShortContext, shortContextFor } from '../../engine/short-context-for';
import { speechDetectorFile } from '../../engine/speech-detector-file';
import { transcribeSegments, transcriptionOf } from '../../whisper/transcribe';
import type { TranscribeOptions } from '../../whisper/transcribe-options';
import { WhisperError } from '../../whisper/whisper-error';
import { UsageError } from '../usage-error';
import { findInputs, type FoundInputs, type Input } from './find-inputs';
import { Interruption } from './interruption';
import { PrintedTranscripts } from './printed-transcripts';
import { Progress } from './progress';
import { StreamedText } from './streamed-text';
import { readTranscribeCommand, TRANSCRIBE_USAGE, type TranscribeCommand } from './transcribe-usage';
import { TRANSCRIPT_FORMATS } from './transcript-format';
import { TranscriptFolder } from './transcript-folder';
import type { InputState, TranscriptTarget } from './transcript-target';

/**
 * Longest audio, in seconds, where the environment does not say: a long meeting, 0.9 GB once decoded. The server's default
 * is shorter, since others choose what it decodes.
 */
const MAX_AUDIO_SECONDS = 4 * 3600;

/** Audio is decoded some 300 times faster than it lasts; a busy machine may take ten times as long. */
const DECODE_SPEED = 30;

/** @returns the exit code: 1 when a file could not be transcribed, 2 for wrong usage, 128 and more when interrupted */
export async function transcribeFiles(args: readonly string[]): Promise<number> {
  try {
    const command = readTranscribeCommand(args);
    if (command.help) {
      console.log(TRANSCRIBE_USAGE);
      return EXIT_CODES.ok;
    }
    const config = readConfig(process.env);
    const found = await findInputs(command.files, command.audio.format !== undefined);
    refuseMixture(command, found.inputs);
    const directory = openModelDirectory(config.modelStore, config.model, config.quantization);
    const ignored = ignoredShortContext(directory, config);
    if (ignored !== undefined && !command.quiet) console.error(ignored);
    const target = await openTarget(command, config, directory, found.inputs);
    return await new Run(command, config, directory, found, target).run();
  } catch (error) {
    if (!(error instanceof UsageError || (error instanceof WhisperError && error.code === 'unsupported_language'))) {
      throw error;
    }
    console.error(`${error.message}\nwhisper-stt transcribe --help lists the options.`);
    return 2;
  }
}

/** Subtitles of several recordings in one stream are subtitles of none. */
function refuseMixture({ format, outputFolder }: TranscribeCommand, inputs: readonly Input[]): void {
  if (outputFolder === undefined && inputs.length > 1 && !TRANSCRIPT_FORMATS[format].isSequence) {
    throw new UsageError(`--format ${format} of ${inputs.length} files needs --output-dir`);
  }
}

async function openTarget(
  command: TranscribeCommand,
  config: Config,
  directory: ModelDirectory,
  inputs: readonly Input[],
): Promise<TranscriptTarget> {
  const { format, outputFolder, options } = command;
  const print = (text: string): void => {
    process.stdout.write(text);
  };
  if (outputFolder === undefined) {
    return format === 'text' && inputs.length === 1
      ? new StreamedText(options.task, print)
      : new PrintedTranscripts(format, print);
  }
  const { help, files, quiet, resumes, outputFolder: _, ...settings } = command;
  const model = { name: config.model, quantization: config.quantization, weightBytes: directory.weightBytes };
  const { voiceActivity } = config;
  const shortContext = shortContextFor(directory, config);
  return TranscriptFolder.open(outputFolder, format, inputs, { model, voiceActivity, shortContext, settings }, resumes);
}

/** A file that was read and decoded, or why it could not be. */
type Prepared = { readonly audio: DecodedAudio } | { readonly error: unknown };

interface Failure {
  readonly name: string;
  readonly code: string;
}

/** One engine for all files, and the next file's audio decoded while the engine works on the present one's. */
class Run {
  private readonly interruption = new Interruption();
  private readonly engine: Engine;
  private readonly decoder: AudioDecoder;
  private readonly transcriber: EngineTranscriber;
  private readonly states = new Map<Input, InputState | undefined>();
  private readonly failures: Failure[] = [];
  private skipped = 0;
  private transcribed = 0;

  constructor(
    private readonly command: TranscribeCommand,
    config: Config,
    directory: ModelDirectory,
    private readonly found: FoundInputs,
    private readonly target: TranscriptTarget,
  ) {
    const maxDurationS = process.env[ENV.maxAudioSeconds] ? config.maxAudioSeconds : MAX_AUDIO_SECONDS;
    this.engine = new Engine({
      modelStore: config.modelStore,
      model: config.model,
      quantization: config.quantization,
      threads: usableCpus(resourceLimits()),
      splitsWithRoom: config.engineProcesses === 'auto' ? (bytes) => memoryLeft() > bytes : undefined,
      // One file at a time, some of whose windows are asked for ahead.
      maxQueue: 8,
      speechDetectorFile: config.voiceActivity === 'silero' ? speechDetectorFile() : undefined,
      shortContext: shortContextFor(directory, config),
    });
    this.decoder = new AudioDecoder({
      maxDurationS,
      timeoutMs: 1000 * Math.max(config.requestTimeoutSeconds, maxDurationS / DECODE_SPEED),
    });
    this.transcriber = engineTranscriber(this.engine, directory);
  }

  /** @returns the exit code */
  async run(): Promise<number> {
    const { inputs, empty } = this.found;
    for (const argument of empty) this.fail(argument, 'no_files', 'no audio files are there');
    const pending = await this.pendingOf(inputs);
    const progress = this.progressOf(pending);
    try {
      if (pending.length > 0) await this.transcribeAll(pending, progress);
    } catch (error) {
      // The engine was stopped under its work: that is an end as asked for.
      if (this.interruption.exitCode === undefined) throw error;
    } finally {
      progress.clear();
      await Promise.all([this.engine.stop(), this.decoder.close()]);
    }
    this.summarize(progress);
    return this.interruption.exitCode ?? (this.failures.length > 0 ? 1 : EXIT_CODES.ok);
  }

  /** Those whose transcripts are not there yet. */
  private async pendingOf(inputs: readonly Input[]): Promise<readonly Input[]> {
    const pending: Input[] = [];
    for (const input of inputs) {
      const state = await stateOf(input);
      this.states.set(input, state);
      if (await this.target.isFinished(input, state)) this.skipped++;
      else pending.push(input);
    }
    return pending;
  }

  private progressOf(pending: readonly Input[]): Progress {
    const bytes = pending.map((input) => this.states.get(input)?.bytes ?? 0);
    // Text that comes on the terminal is progress enough, and shares its screen.
    const isOnScreen = this.target.onSegment !== undefined && process.stdout.isTTY;
    return new Progress({
      screen: process.stderr,
      quiet: this.command.quiet || isOnScreen,
      files: pending.length,
      bytes: bytes.reduce((sum, each) => sum + each, 0),
      now: () => performance.now(),
    });
  }

  private async transcribeAll(pending: readonly Input[], progress: Progress): Promise<void> {
    const { signal } = this.interruption;
    signal.addEventListener('abort', () => void this.engine.stop());
    let ahead = this.prepare(pending[0]!);
    signal.throwIfAborted();
    await this.engine.start();
    const options = await this.options();
    for (const [index, input] of pending.entries()) {
      progress.begin(input.name, this.states.get(input)?.bytes ?? 0);
      const prepared = await ahead;
      const next = pending[index + 1];
      if (next !== undefined) ahead = this.prepare(next);
      await this.transcribeOne(input, prepared, options, progress);
      signal.throwIfAborted();
    }
  }

  private async options(): Promise<TranscribeOptions> {
    const { prompt, hotWords, options } = this.command;
    const encode = async (text: string | undefined): Promise<readonly number[] | undefined> =>
      text ? this.transcriber.encodePrompt(text) : undefined;
    return { ...options, promptTokens: await encode(prompt), hotWordTokens: await encode(hotWords) };
  }

  /** Never rejects: what went wrong is said when its turn comes. */
  private async prepare(input: Input): Promise<Prepared> {
    const { signal } = this.interruption;
    try {
      const bytes = await read(input, signal);
      return { audio: await this.decoder.decode(bytes, signal, this.command.audio) };
    } catch (error) {
      return { error };
    }
  }

  private async transcribeOne(
    input: Input,
    prepared: Prepared,
    options: TranscribeOptions,
    progress: Progress,
  ): Promise<void> {
    const { signal } = this.interruption;
    const { onSegment } = this.target;
    try {
      if ('error' in prepared) throw prepared.error;
      const { samples, durationS } = prepared.audio;
      const speech = await this.transcriber.confirmSpeech(prepared.audio, signal);
      const segments = transcribeSegments({ samples, speech }, this.transcriber, options, signal);
      const transcription = await transcriptionOf(segments, options.task, (segment) => {
        if (onSegment) {
          progress.aside(() => {
            onSegment(segment);
          });
        }
        progress.advance(segment.endS, durationS);
      });
      const { task, wordTimestamps } = options;
      const { layout } = this.command;
      const transcript = { name: input.name, transcription, task, hasWords: wordTimestamps === true, layout };
      progress.clear();
      await this.target.write(input, this.states.get(input), transcript);
      this.transcribed++;
      progress.end(durationS);
    } catch (error) {
      signal.throwIfAborted();
      if (!isFaultOfFile(error)) throw error;
      progress.clear();
      this.fail(input.name, error.code, error.message);
      progress.end(0);
    }
  }

  private fail(name: string, code: string, message: string): void {
    this.target.fail(name, code, message);
    this.failures.push({ name, code });
    // Errors of files begin with their code by themselves.
    console.error(`${name}: ${message.startsWith(code) ? '' : `${code}: `}${message}`);
  }

  private summarize(progress: Progress): void {
    const { inputs, empty } = this.found;
    if (this.interruption.exitCode !== undefined) {
      const advice =
        this.command.outputFolder === undefined
          ? 'With --output-dir and --resume a later run could go on.'
          : 'The same command with --resume goes on from there.';
      console.error(
        `interrupted: ${this.transcribed + this.skipped} of ${inputs.length} files are transcribed. ${advice}`,
      );
      return;
    }
    if (this.command.quiet || inputs.length + empty.length < 2) return;
    const counts = [
      `${this.transcribed} transcribed`,
      `${this.failures.length} failed`,
      ...(this.command.resumes ? [`${this.skipped} were there already`] : []),
    ];
    console.error([counts.join(', '), ...(this.transcribed > 0 ? [progress.total] : [])].join('; '));
    if (this.failures.length > 0) {
      console.error(['failed:', ...this.failures.map(({ name, code }) => `  ${name} (${code})`)].join('\n'));
    }
  }
}

async function read({ path }: Input, signal: AbortSignal): Promise<Uint8Array> {
  return path === undefined ? buffer(addAbortSignal(signal, process.stdin)) : readFile(path, { signal });
}

/** Undefined for standard input, and for what cannot be read: reading it says why. */
async function stateOf({ path }: Input): Promise<InputState | undefined> {
  const stats = path === undefined ? undefined : await stat(path).catch(() => undefined);
  return stats && { bytes: stats.size, modifiedMs: stats.mtimeMs };
}

/** What the engine says of one file's windows. Its other errors are of itself, and no file would be transcribed. */
const FAULTS_OF_WINDOWS: readonly EngineErrorCode[] = ['poison_request', 'engine_hung', 'engine_failed'];

/** What concerns one file, and lets the others go on. */
function isFaultOfFile(error: unknown): error is Error & { readonly code: string } {
  if (error instanceof AudioError || error instanceof WhisperError) return true;
  if (error instanceof EngineError) return FAULTS_OF_WINDOWS.includes(error.code);
  if (!(error instanceof Error) || !('code' in error)) return false;
  return 'syscall' in error || error.code === 'ERR_FS_FILE_TOO_LARGE';
}
