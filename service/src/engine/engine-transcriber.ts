import { specialTokensFrom } from '../whisper/special-tokens';
import type { ByteTokenizer } from '../whisper/tokenizer';
import type { SpeechAudio, WindowTranscriber } from '../whisper/transcribe';
import type { SpeechRegion } from '../whisper/windows';
import type { Engine, Ticket } from './engine';
import { EngineError } from './engine-error';
import type { ModelDirectory } from './model-directory';
import { confirmSpeech } from './speech-confirmation';
import { BpeTokenizer } from './text-tokenizer';

/** A transcriber that can take prompts as text, and tell speech from other sounds. */
export interface EngineTranscriber extends WindowTranscriber {
  readonly tokenizer: ByteTokenizer;
  /** Reads the vocabulary now, a twentieth of a second, and not with the first text. */
  prepare(): void;
  /** Tokens of a prompt, as they would stand in a transcript: with a space in front. */
  encodePrompt(prompt: string, signal?: AbortSignal): Promise<readonly number[]>;
  /** What of the energy gate's regions is speech (speech-confirmation.ts); all of them where no detector is loaded. */
  confirmSpeech(audio: SpeechAudio, signal?: AbortSignal): Promise<readonly SpeechRegion[]>;
  /** The same, whose work belongs to a request: it is queued by the request's key and deadline. */
  forTicket(ticket: Ticket): EngineTranscriber;
}

/**
 * What long-form decoding needs of a model whose windows the engine decodes. It is made once, and then for each
 * request with `forTicket`; the vocabulary is read when it is needed, or with `prepare`.
 *
 * @throws EngineError, WhisperError `model_invalid`; for the vocabulary, whoever first needs it
 */
export function engineTranscriber(engine: Engine, directory: ModelDirectory): EngineTranscriber {
  const special = specialTokensFrom(directory.generationConfig, directory.config);
  const joinPauseMs = joinPauseMsOf(directory);
  let read: ByteTokenizer | undefined;
  const tokenizer = (): ByteTokenizer => (read ??= new BpeTokenizer(directory));
  const transcriberFor = (ticket?: Ticket): EngineTranscriber => ({
    special,
    joinPauseMs,
    get tokenizer() {
      return tokenizer();
    },
    prepare: () => void tokenizer(),
    windowsAhead: engine.maxProcesses,
    decodeWindow: (samples, options, signal) => engine.decodeWindow(samples, options, signal, ticket),
    loudest: (samples, neighbours, signal) => engine.loudest(samples, neighbours, signal, ticket),
    encodePrompt: (prompt, signal) => engine.encodeText(` ${prompt.trim()}`, signal, ticket),
    confirmSpeech: (audio, signal) =>
      engine.detectsSpeech
        ? confirmSpeech(
            audio,
            (samples, until) => engine.detectSpeech(samples, until, ticket),
            signal,
            // Two pieces at once are for who is alone: they go before all windows, and others' would wait for both.
            () => (engine.admission.load.inFlight > 1 ? 0 : engine.maxProcesses - 1),
          )
        : Promise.resolve(audio.speech),
    forTicket: transcriberFor,
  });
  return transcriberFor();
}

/**
 * `join_pause_ms` of generation_config.json: an entry of ours, for models that lose their place in long windows. Other
 * software ignores it.
 *
 * @throws EngineError `model_invalid`
 */
function joinPauseMsOf({ generationConfig, path }: ModelDirectory): number | undefined {
  const value = (generationConfig as { readonly join_pause_ms?: unknown } | null)?.join_pause_ms;
  if (value !== undefined && !(typeof value === 'number' && value >= 0)) {
    throw new EngineError(
      'model_invalid',
      `generation_config.json of ${path}: join_pause_ms is ${JSON.stringify(value)}, expected milliseconds`,
    );
  }
  return value;
}
