import { SAMPLE_RATE_HZ } from './audio-format';
import { checkDecodingOptions, type DecodingOptions } from './decoding-options';
import type { DecodingResult } from './decoding-result';
import { decodeAtPauses, detectsLanguageFirst } from './decode-at-pauses';
import { decodeSequentially } from './decode-sequentially';
import type { PromptedDecoder, PromptedWindow } from './decoded-window';
import type { DetectedLanguage } from './language-detection';
import type { Neighbours } from './model';
import { hallucinationVerdict, speechShareOf } from './hallucination';
import { toSegments, type Segment } from './segments';
import { meanConfidence } from './words/mean-confidence';
import type { SpeechAudio } from './speech-audio';
import type { SpecialTokens } from './special-tokens';
import type { TextTokenizer } from './tokenizer';
import { checkTranscribeOptions, tokenBudget, type TranscribeOptions } from './transcribe-options';
import { joinTexts } from './transcript-text';
import { tidySpeech } from './windows';

export type { SpeechAudio, TranscribeOptions };

/** Decodes one window of at most 30 s, wherever the model runs. */
export type WindowDecoder = (
  samples: Float32Array,
  options: DecodingOptions,
  signal?: AbortSignal,
) => Promise<DecodingResult>;

/** A loaded model, as far as long audio needs to know it. */
export interface WindowTranscriber {
  readonly decodeWindow: WindowDecoder;
  /** See `Surroundings.loudest`; of at most 30 s. */
  readonly loudest: (samples: Float32Array, neighbours: Neighbours, signal?: AbortSignal) => Promise<number>;
  readonly special: SpecialTokens;
  readonly tokenizer: TextTokenizer;
  /** What the model does best with, for {@link TranscribeOptions.joinPauseMs}. */
  readonly joinPauseMs?: number;
  /**
   * Windows that may be asked for while an earlier one is decoded, where none depends on another.
   *
   * @default 0
   */
  readonly windowsAhead?: number;
}

/** What is known when the last segment is out. */
export interface TranscriptionSummary {
  /**
   * Code of the language: the given one, or the one detected in the first window that holds speech. Where nobody speaks
   * there is nothing to detect: it is then the first of `candidateLanguages`, or else English.
   */
  readonly language: string;
  /** Probability of the language; undefined where it was not detected. */
  readonly languageProbability: number | undefined;
  /** All candidates, likeliest first; undefined where the language was not detected. */
  readonly languageCandidates: readonly DetectedLanguage[] | undefined;
  /** Length of the audio, in seconds. */
  readonly durationS: number;
  /**
   * Mean of the confidences of all words, in 0…1: about the share of them that is right (docs/confidence.md). Undefined
   * where nothing was said.
   */
  readonly confidence: number | undefined;
}

/** A whole transcript. */
export interface Transcription extends TranscriptionSummary {
  /** Texts of the segments, joined and trimmed. */
  readonly text: string;
  readonly segments: readonly Segment[];
}

/**
 * Transcribes audio of any length, segment by segment in the order of time, each as soon as its window is decoded. The
 * model is not called for audio without speech.
 *
 * @param signal - checked before each window and each step of the decoder; its reason is thrown.
 * @returns the summary, as the generator's return value.
 * @throws WhisperError `invalid_option`, `unsupported_language`, `unsupported_task`, and what the decoder throws
 */
export async function* transcribeSegments(
  audio: SpeechAudio,
  transcriber: WindowTranscriber,
  options: TranscribeOptions,
  signal?: AbortSignal,
): AsyncGenerator<Segment, TranscriptionSummary, undefined> {
  const { special } = transcriber;
  checkDecodingOptions(options, special);
  checkTranscribeOptions(options);
  let language = options.language;
  let languageProbability: number | undefined;
  let languageCandidates: readonly DetectedLanguage[] | undefined;

  // Options of the whole transcription mean nothing to a window.
  const {
    strategy,
    conditionOnPreviousText,
    carryPrompt,
    wordTimestamps,
    hallucinationSilenceThresholdS,
    hallucinations = 'flag',
    joinPauseMs,
    paddingMs,
    ...decoding
  } = options;
  /** The options that one window is decoded with. */
  const windowOptions = ({ samples, promptTokens, surroundings }: PromptedWindow): DecodingOptions => {
    const longest = special.maxTargetPositions >> 1;
    const budget = strategy === 'pauses' ? Math.min(tokenBudget(samples), longest) : longest;
    return {
      ...decoding,
      language,
      timestamps: options.timestamps || strategy === 'sequential',
      promptTokens,
      surroundings,
      alignWords: wordTimestamps === true ? (strategy === 'pauses' ? 'whole' : 'closed') : undefined,
      maxNewTokens: options.maxNewTokens ?? budget,
    };
  };
  const decode: PromptedDecoder = async (window, unwanted) => {
    signal?.throwIfAborted();
    const until = signal && unwanted ? AbortSignal.any([signal, unwanted]) : (signal ?? unwanted);
    const result = await transcriber.decodeWindow(window.samples, windowOptions(window), until);
    if (language === undefined && result.isSpeech) {
      ({ language, languageProbability, languageCandidates } = result);
    }
    return result;
  };
  /** The first sound of a recording may be a greeting, a name, a cough: the language is that of its first speech. */
  const detectLanguage = async (samples: Float32Array): Promise<void> => {
    if (!detectsLanguageFirst(special, options)) return;
    const { hotWordTokens, alignWords, ...detection } = windowOptions({ samples, promptTokens: [] });
    const result = await transcriber.decodeWindow(
      samples,
      { ...detection, temperature: 0, maxNewTokens: 1, timestamps: false },
      signal,
    );
    if (result.isSpeech) ({ language, languageProbability, languageCandidates } = result);
  };
  /** While the language is not known each window depends on the one before it. */
  const windowsAhead = (): number =>
    language === undefined && special.multilingual ? 0 : (transcriber.windowsAhead ?? 0);
  const sequentialModel = {
    special,
    loudest: (samples: Float32Array, neighbours: Neighbours) => transcriber.loudest(samples, neighbours, signal),
  };
  const windows =
    strategy === 'pauses'
      ? decodeAtPauses(audio, transcriber, options, { decode, detectLanguage, windowsAhead })
      : decodeSequentially(audio, sequentialModel, options, decode);

  const speech = tidySpeech(audio.speech, audio.samples.length);
  let id = 0;
  const wordConfidences: number[] = [];
  for await (const { startSample, result, slices } of windows) {
    for (const segment of toSegments(slices, result, transcriber, startSample)) {
      const { startS, endS } = segment;
      const hallucination =
        hallucinations === 'keep' ? undefined : hallucinationVerdict(segment, speechShareOf(speech, startS, endS));
      if (hallucinations === 'drop' && hallucination !== undefined && hallucination.reason !== 'unlikely') continue;
      wordConfidences.push(...segment.wordConfidences);
      yield Object.freeze({ ...segment, id: id++, hallucination });
    }
  }
  return Object.freeze({
    language: language ?? options.candidateLanguages?.[0] ?? 'en',
    languageProbability,
    languageCandidates,
    durationS: audio.samples.length / SAMPLE_RATE_HZ,
    confidence: meanConfidence(wordConfidences),
  });
}

/** Transcribes audio of any length; see {@link transcribeSegments}. */
export function transcribe(
  audio: SpeechAudio,
  transcriber: WindowTranscriber,
  options: TranscribeOptions,
  signal?: AbortSignal,
): Promise<Transcription> {
  return transcriptionOf(transcribeSegments(audio, transcriber, options, signal), options.task);
}

/**
 * The whole transcript of segments that come one by one.
 *
 * @param onSegment - told of each as soon as it is there.
 */
export async function transcriptionOf(
  generator: AsyncGenerator<Segment, TranscriptionSummary, undefined>,
  task: TranscribeOptions['task'],
  onSegment?: (segment: Segment) => void,
): Promise<Transcription> {
  const segments: Segment[] = [];
  let step = await generator.next();
  while (step.done !== true) {
    segments.push(step.value);
    onSegment?.(step.value);
    step = await generator.next();
  }
  const text = joinTexts(
    segments.map((segment) => segment.text),
    task === 'translate' ? 'en' : step.value.language,
  );
  return Object.freeze({ ...step.value, text, segments: Object.freeze(segments) });
}
