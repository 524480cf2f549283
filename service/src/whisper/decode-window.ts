import { SAMPLE_RATE_HZ, TIMESTAMP_COUNT } from './audio-format';
import {
  checkDecodingOptions,
  checkWindowLength,
  DEFAULT_LOG_PROB_THRESHOLD,
  DEFAULT_NO_SPEECH_THRESHOLD,
  type DecodingOptions,
} from './decoding-options';
import type { DecodingResult } from './decoding-result';
import { detectLanguages, type DetectedLanguage } from './language-detection';
import { logSumExp } from './logits/logits';
import type { LogitFilter } from './logit-filters/logit-filter';
import { SuppressBlank } from './logit-filters/suppress-blank';
import { SuppressTokens } from './logit-filters/suppress-tokens';
import { TimestampRules } from './logit-filters/timestamp-rules';
import type { TokenDecoder, WhisperModel } from './model';
import { splitAtTimestamps } from './segments';
import type { SpecialTokens } from './special-tokens';
import { planShortHearing, shortContextDoubt, type ShortContext } from './short-context';
import { checkNormalizer } from './token-sampler';
import { decodeWithFallback, type JudgedText } from './temperature-fallback';
import type { SearchStart } from './text-search';
import type { TextTokenizer } from './tokenizer';
import { alignWords, type AlignedWord } from './words/align-words';
import { WhisperError } from './whisper-error';

/** A model and its vocabulary. */
export interface WindowModel<Features> {
  readonly model: WhisperModel<Features>;
  readonly special: SpecialTokens;
  readonly tokenizer: TextTokenizer;
  /**
   * Whether windows are heard at short context first, where the model can do that.
   *
   * @default - all are heard whole
   */
  readonly shortContext?: ShortContext;
}

/**
 * Decodes one window by the rules of openai/whisper's `decoding.py`: one run of the encoder, then a token a step, each
 * chosen among those that the rules allow. Where the text comes out badly it is decoded again at the next temperature,
 * from the same encoding and behind the same prompt.
 *
 * At short context all of that is tried once before, at the first temperature; what comes of it stands unless the guard
 * doubts it (short-context.ts).
 *
 * @param samples - 16 kHz mono, at most 30 s.
 * @param signal - checked before each step; when it is aborted, its reason is thrown.
 * @throws WhisperError `invalid_option`, `unsupported_language`, `unsupported_task`, `words_unavailable`,
 * `invalid_logits`
 */
export async function decodeWindow<Features>(
  windowModel: WindowModel<Features>,
  samples: Float32Array,
  options: DecodingOptions,
  signal?: AbortSignal,
): Promise<DecodingResult> {
  const { model, special } = windowModel;
  checkDecodingOptions(options, special);
  checkWindowLength(samples);
  if (options.alignWords !== undefined && !model.canAttend) throw wordsUnavailable();
  const { features, start, text, shortContext } = await writeGuarded(windowModel, samples, options, signal);
  const { noSpeechThreshold = DEFAULT_NO_SPEECH_THRESHOLD, logProbThreshold = DEFAULT_LOG_PROB_THRESHOLD } = options;
  const isSpeech = !(start.noSpeechProb > noSpeechThreshold) || text.avgLogProb > logProbThreshold;
  signal?.throwIfAborted();
  const words =
    options.alignWords === undefined
      ? undefined
      : isSpeech
        ? await wordsOf(text, windowModel, features, samples.length, options, start.language, signal)
        : [];
  return Object.freeze({
    tokens: Object.freeze(text.tokens),
    tokenLogProbs: Object.freeze(text.tokenLogProbs),
    language: start.language,
    languageProbability: start.detected?.[0].probability,
    languageCandidates: start.detected,
    words,
    avgLogProb: text.avgLogProb,
    noSpeechProb: start.noSpeechProb,
    compressionRatio: text.compressionRatio,
    temperature: text.temperature,
    isSpeech,
    reachedLimit: !text.ended,
    shortContext,
  });
}

/** A window's text, and what the model heard and read before it. */
interface WrittenWindow<Features> {
  readonly features: Features;
  readonly start: Omit<Start, keyof SearchStart>;
  readonly text: JudgedText;
}

/** Writes the text at short context where that can be, and once more of the whole window where the guard doubts it. */
async function writeGuarded<Features>(
  windowModel: WindowModel<Features>,
  samples: Float32Array,
  options: DecodingOptions,
  signal: AbortSignal | undefined,
): Promise<WrittenWindow<Features> & Pick<DecodingResult, 'shortContext'>> {
  const { model, tokenizer, shortContext } = windowModel;
  const hearing =
    shortContext !== undefined && model.canShorten
      ? planShortHearing(samples.length, shortContext, options)
      : undefined;
  const heardWhole = (): Promise<WrittenWindow<Features>> => writeWindow(windowModel, samples, options, signal);
  if (hearing === undefined) return { ...(await heardWhole()), shortContext: undefined };
  const { positions } = hearing;
  const written = await writeWindow(windowModel, samples, { ...options, ...hearing.options }, signal, positions);
  const doubt = shortContextDoubt({ ...written.start, text: written.text }, options, tokenizer);
  return { ...(doubt === undefined ? written : await heardWhole()), shortContext: { doubt } };
}

/** @param positions - that are encoded; all of the window where undefined */
async function writeWindow<Features>(
  { model, special, tokenizer }: WindowModel<Features>,
  samples: Float32Array,
  options: DecodingOptions,
  signal: AbortSignal | undefined,
  positions?: number,
): Promise<WrittenWindow<Features>> {
  signal?.throwIfAborted();
  const features = await model.encode(samples, options.surroundings, positions);
  const previous = previousText(special, options);

  let detected: DetectedLanguages | undefined;
  if (previous.length > 0 && detectsLanguage(special, options)) {
    // The language is read off a transcript without a prompt, so that the prompt's language does not speak for it.
    detected = await withDecoder(model, features, signal, async (decoder) => {
      const [logits] = await decoder.append([special.startOfTranscript]);
      return detectLanguages(logits!, special, options.candidateLanguages);
    });
  }
  return withDecoder(model, features, signal, async (decoder) => {
    const start = await readPrompt(decoder, special, options, previous, detected);
    // The last token is sampled but not read again, so that it needs no position of its own.
    const positionsLeft = special.maxTargetPositions - start.promptLength + 1;
    const rules = {
      filters: logitFilters(special, options),
      endOfText: special.endOfText,
      limit: Math.min(options.maxNewTokens ?? special.maxTargetPositions >> 1, positionsLeft),
    };
    return { features, start, text: await decodeWithFallback(start, rules, tokenizer, options) };
  });
}

/** The words of the text's segments; where only closed ones are asked for, those of the rest are timed apart. */
async function wordsOf<Features>(
  text: JudgedText,
  { model, special, tokenizer }: WindowModel<Features>,
  features: Features,
  samples: number,
  options: DecodingOptions,
  language: string,
  signal: AbortSignal | undefined,
): Promise<readonly AlignedWord[]> {
  const { finished, unfinished } = splitAtTimestamps(text, special, samples / SAMPLE_RATE_HZ);
  const header = languageAndTask(special, options, language);
  const input = { model, special, tokenizer, features, header, language, samples };
  if (unfinished === undefined) return alignWords(input, finished);
  const whole = await alignWords(input, [...finished, unfinished]);
  if (options.alignWords === 'whole' || finished.length === 0) return whole;
  signal?.throwIfAborted();
  const words = await alignWords(input, finished);
  return [...words, ...whole.slice(words.length)];
}

function wordsUnavailable(): WhisperError {
  return new WhisperError(
    'words_unavailable',
    "Words cannot be timed: this model's decoder does not put out its cross-attentions. Use an export that does (on " +
      'the Hugging Face hub their names end in "_timestamped").',
  );
}

/** Runs `use` on a new decoder, whose every step first looks whether anybody still wants the result. */
async function withDecoder<Features, Result>(
  model: WhisperModel<Features>,
  features: Features,
  signal: AbortSignal | undefined,
  use: (decoder: TokenDecoder) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const decoder = model.newDecoder(features);
  try {
    return await use(signal === undefined ? decoder : new AbortableDecoder(decoder, signal));
  } finally {
    decoder.dispose();
  }
}

/** A decoder that takes no step for somebody who is gone. */
class AbortableDecoder implements TokenDecoder {
  constructor(
    private readonly decoder: TokenDecoder,
    private readonly signal: AbortSignal,
  ) {}

  append(tokens: readonly number[], wanted?: readonly number[]): Promise<readonly Float32Array[]> {
    this.signal.throwIfAborted();
    return this.decoder.append(tokens, wanted);
  }

  fork(): TokenDecoder {
    return new AbortableDecoder(this.decoder.fork(), this.signal);
  }

  dispose(): void {
    this.decoder.dispose();
  }
}

/** The model after the prompt, ready for the first token. */
interface Start extends SearchStart {
  readonly promptLength: number;
  readonly noSpeechProb: number;
  readonly detected: DetectedLanguages | undefined;
  readonly language: string;
}

type DetectedLanguages = readonly [DetectedLanguage, ...DetectedLanguage[]];

/**
 * Reads the prompt in one step where all of it is known. Where the language is still to be detected, it is read off the
 * first step, and the rest follows in a second one, in the same decoder.
 */
async function readPrompt(
  decoder: TokenDecoder,
  special: SpecialTokens,
  options: DecodingOptions,
  previous: readonly number[],
  detectedBefore: DetectedLanguages | undefined,
): Promise<Start> {
  const detectsHere = detectedBefore === undefined && detectsLanguage(special, options);
  if (!detectsHere) {
    const language = detectedBefore?.[0].language ?? options.language ?? 'en';
    const prompt = [...previous, special.startOfTranscript, ...transcriptHeader(special, options, language)];
    const [behindStart, behindPrompt] = await decoder.append(prompt, [previous.length, prompt.length - 1]);
    return {
      decoder,
      logits: behindPrompt!,
      promptLength: prompt.length,
      noSpeechProb: probability(behindStart!, special.noSpeech),
      detected: detectedBefore,
      language,
    };
  }
  const [behindStart] = await decoder.append([special.startOfTranscript]);
  const noSpeechProb = probability(behindStart!, special.noSpeech);
  const detected = detectLanguages(behindStart!, special, options.candidateLanguages);
  const [{ language }] = detected;
  const header = transcriptHeader(special, options, language);
  const [logits] = await decoder.append(header);
  return { decoder, logits: logits!, promptLength: header.length + 1, noSpeechProb, detected, language };
}

function detectsLanguage(special: SpecialTokens, options: DecodingOptions): boolean {
  return special.multilingual && options.language === undefined;
}

/** `<|startofprev|>`, hot words and the end of the text before; nothing where there is neither. */
function previousText(
  special: SpecialTokens,
  { promptTokens = [], hotWordTokens = [] }: DecodingOptions,
): readonly number[] {
  const room = (special.maxTargetPositions >> 1) - 1;
  const hotWords = hotWordTokens.slice(0, room);
  const previous = promptTokens.slice(Math.max(0, promptTokens.length - (room - hotWords.length)));
  return hotWords.length + previous.length === 0 ? [] : [special.startOfPrevious, ...hotWords, ...previous];
}

/** What stands between `<|startoftranscript|>` and the text that is sampled. */
function transcriptHeader(special: SpecialTokens, options: DecodingOptions, language: string): readonly number[] {
  const { timestamps, prefixTokens = [] } = options;
  const header = [...languageAndTask(special, options, language)];
  if (!timestamps) header.push(special.noTimestamps);
  header.push(...prefixTokens);
  return header;
}

/** Nothing for a model that knows only one of each. */
function languageAndTask(special: SpecialTokens, { task }: DecodingOptions, language: string): readonly number[] {
  return special.multilingual ? [special.languages.get(language)!, special[task]!] : [];
}

/**
 * The rules, in openai/whisper's order. Two kinds of tokens that it leaves to the model's good sense are ruled out here
 * too, so that a result holds text and, where asked for, timestamps, and nothing else: language tokens, and timestamps
 * where none were asked for.
 */
function logitFilters(special: SpecialTokens, { timestamps }: DecodingOptions): readonly LogitFilter[] {
  const { suppress, languages, noTimestamps, timestampBegin, vocabularySize } = special;
  const never = [...suppress, ...languages.values(), noTimestamps];
  // Vocabularies that were grown have tokens behind the last timestamp.
  for (let token = timestampBegin + TIMESTAMP_COUNT; token < vocabularySize; token++) never.push(token);
  if (timestamps) {
    return [new SuppressBlank(special.beginSuppress), new SuppressTokens(never), new TimestampRules(special)];
  }
  for (let i = 0; i < TIMESTAMP_COUNT; i++) never.push(timestampBegin + i);
  return [new SuppressBlank(special.beginSuppress), new SuppressTokens(never)];
}

function probability(logits: Float32Array, token: number): number {
  return Math.exp(logits[token]! - checkNormalizer(logSumExp(logits)));
}
