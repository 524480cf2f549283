import {
  checkDecodingOptions,
  checkWindowLength,
  DEFAULT_LOG_PROB_THRESHOLD,
  DEFAULT_NO_SPEECH_THRESHOLD,
  type DecodingOptions,
} from './decoding-options';
import type { DecodingResult } from './decoding-result';
import { detectLanguage, type DetectedLanguage } from './language-detection';
import { logSumExp } from './log-sum-exp';
import type { LogitFilter } from './logit-filters/logit-filter';
import { SuppressBlank } from './logit-filters/suppress-blank';
import { SuppressTokens } from './logit-filters/suppress-tokens';
import { TimestampRules } from './logit-filters/timestamp-rules';
import type { TokenDecoder, WhisperModel } from './model';
import type { SpecialTokens } from './special-tokens';
import { newTokenSampler } from './token-sampler';

/**
 * Decodes one window: one run of the encoder, then a token a step, each chosen among those that the rules of
 * openai/whisper's `decoding.py` allow.
 *
 * @param samples - 16 kHz mono, at most 30 s.
 * @param signal - checked before each step; when it is aborted, its reason is thrown.
 * @throws WhisperError `invalid_option`, `unsupported_language`, `unsupported_task`, `invalid_logits`
 */
export async function decodeWindow<Features>(
  model: WhisperModel<Features>,
  special: SpecialTokens,
  samples: Float32Array,
  options: DecodingOptions,
  signal?: AbortSignal,
): Promise<DecodingResult> {
  checkDecodingOptions(options, special);
  checkWindowLength(samples);
  signal?.throwIfAborted();
  const features = await model.encode(samples);
  const previous = previousText(special, options);

  let detected: DetectedLanguage | undefined;
  if (previous.length > 0 && detectsLanguage(special, options)) {
    // The language is read off a transcript without a prompt, so that the prompt's language does not speak for it.
    detected = await withDecoder(model, features, signal, async (append) => {
      const [logits] = await append([special.startOfTranscript]);
      return detectLanguage(logits!, special, options.candidateLanguages);
    });
  }
  return withDecoder(model, features, signal, async (append) => {
    const start = await readPrompt(append, special, options, previous, detected);
    return continueText(append, special, options, start);
  });
}

type Append = TokenDecoder['append'];

/** Runs `use` on a new decoder, whose every step first looks whether anybody still wants the result. */
async function withDecoder<Features, Result>(
  model: WhisperModel<Features>,
  features: Features,
  signal: AbortSignal | undefined,
  use: (append: Append) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const decoder = model.newDecoder(features);
  try {
    return await use((tokens) => {
      signal?.throwIfAborted();
      return decoder.append(tokens);
    });
  } finally {
    decoder.dispose();
  }
}

/** The model after the prompt, ready for the first token. */
interface Start {
  readonly logits: Float32Array;
  readonly promptLength: number;
  readonly noSpeechProb: number;
  readonly detected: DetectedLanguage | undefined;
  readonly language: string;
}

/**
 * Reads the prompt in one step where all of it is known. Where the language is still to be detected, it is read off the
 * first step, and the rest follows a token at a time in the same decoder.
 */
async function readPrompt(
  append: Append,
  special: SpecialTokens,
  options: DecodingOptions,
  previous: readonly number[],
  detectedBefore: DetectedLanguage | undefined,
): Promise<Start> {
  const detectsHere = detectedBefore === undefined && detectsLanguage(special, options);
  if (!detectsHere) {
    const language = detectedBefore?.language ?? options.language ?? 'en';
    const prompt = [...previous, special.startOfTranscript, ...transcriptHeader(special, options, language)];
    const logits = await append(prompt);
    return {
      logits: logits.at(-1)!,
      promptLength: prompt.length,
      noSpeechProb: probability(logits[previous.length]!, special.noSpeech),
      detected: detectedBefore,
      language,
    };
  }
  let logits = (await append([special.startOfTranscript])).at(-1)!;
  const noSpeechProb = probability(logits, special.noSpeech);
  const detected = detectLanguage(logits, special, options.candidateLanguages);
  const header = transcriptHeader(special, options, detected.language);
  for (const token of header) logits = (await append([token])).at(-1)!;
  return { logits, promptLength: header.length + 1, noSpeechProb, detected, language: detected.language };
}

/** Samples tokens until end-of-text or the limit. */
async function continueText(
  append: Append,
  special: SpecialTokens,
  options: DecodingOptions,
  start: Start,
): Promise<DecodingResult> {
  const filters = logitFilters(special, options);
  const sample = newTokenSampler(options.temperature, options.seed ?? 0);
  // The last token is sampled but not read again, so that it needs no position of its own.
  const positionsLeft = special.maxTargetPositions - start.promptLength + 1;
  const limit = Math.min(options.maxNewTokens ?? special.maxTargetPositions >> 1, positionsLeft);

  const tokens: number[] = [];
  const tokenLogProbs: number[] = [];
  let logProbSum = 0;
  let reachedLimit = false;
  for (let logits = start.logits; ;) {
    for (const filter of filters) filter.apply(logits, tokens);
    const { token, logProb } = sample(logits);
    logProbSum += logProb;
    if (token === special.endOfText) break;
    tokens.push(token);
    tokenLogProbs.push(logProb);
    reachedLimit = tokens.length >= limit;
    if (reachedLimit) break;
    logits = (await append([token])).at(-1)!;
  }

  const avgLogProb = logProbSum / (tokens.length + 1);
  const soundsSilent = start.noSpeechProb > (options.noSpeechThreshold ?? DEFAULT_NO_SPEECH_THRESHOLD);
  const readsLikely = avgLogProb > (options.logProbThreshold ?? DEFAULT_LOG_PROB_THRESHOLD);
  return Object.freeze({
    tokens: Object.freeze(tokens),
    tokenLogProbs: Object.freeze(tokenLogProbs),
    language: start.language,
    languageProbability: start.detected?.probability,
    avgLogProb,
    noSpeechProb: start.noSpeechProb,
    temperature: options.temperature,
    isSpeech: !soundsSilent || readsLikely,
    reachedLimit,
  });
}

function detectsLanguage(special: SpecialTokens, options: DecodingOptions): boolean {
  return special.multilingual && options.language === undefined;
}

/** `<|startofprev|>` and the end of the text before; nothing where there is none. */
function previousText(special: SpecialTokens, { promptTokens = [] }: DecodingOptions): readonly number[] {
  if (promptTokens.length === 0) return [];
  return [special.startOfPrevious, ...promptTokens.slice(-((special.maxTargetPositions >> 1) - 1))];
}

/** What stands between `<|startoftranscript|>` and the text. */
function transcriptHeader(
  special: SpecialTokens,
  { task, timestamps }: DecodingOptions,
  language: string,
): readonly number[] {
  const header: number[] = [];
  if (special.multilingual) header.push(special.languages.get(language)!, special[task]!);
  if (!timestamps) header.push(special.noTimestamps);
  return header;
}

/**
 * The rules, in openai/whisper's order. Two kinds of tokens that it leaves to the model's good sense are ruled out here
 * too, so that a result holds text and, where asked for, timestamps, and nothing else: language tokens, and timestamps
 * where none were asked for.
 */
function logitFilters(special: SpecialTokens, { timestamps }: DecodingOptions): readonly LogitFilter[] {
  const { suppress, languages, noTimestamps, timestampBegin, vocabularySize } = special;
  const never = [...suppress, ...languages.values(), noTimestamps];
  if (timestamps) {
    return [new SuppressBlank(special.beginSuppress), new SuppressTokens(never), new TimestampRules(special)];
  }
  for (let token = timestampBegin; token < vocabularySize; token++) never.push(token);
  return [new SuppressBlank(special.beginSuppress), new SuppressTokens(never)];
}

function probability(logits: Float32Array, token: number): number {
  return Math.exp(logits[token]! - logSumExp(logits));
}
