import { TIMESTAMP_COUNT } from './audio-format';
import { WhisperError } from './whisper-error';

/** Ids of the tokens that steer a Whisper model, and what its configuration forbids. */
export interface SpecialTokens {
  /** `<|startoftranscript|>` */
  readonly startOfTranscript: number;
  /** `<|endoftext|>`; every token below it is text, every token above it is special or a timestamp. */
  readonly endOfText: number;
  /** `<|transcribe|>`; undefined where the model takes no task. */
  readonly transcribe: number | undefined;
  /** `<|translate|>`; undefined where the model takes no task. */
  readonly translate: number | undefined;
  /** `<|startoflm|>` */
  readonly startOfLm: number;
  /** `<|startofprev|>` */
  readonly startOfPrevious: number;
  /** `<|nospeech|>`, called `<|nocaptions|>` in older vocabularies. */
  readonly noSpeech: number;
  /** `<|notimestamps|>` */
  readonly noTimestamps: number;
  /** `<|0.00|>`; the following ids are 0.02 s apart, up to 30.00 s. */
  readonly timestampBegin: number;
  /** Language code (`en`) to token; empty for an English-only model, which takes no language token. */
  readonly languages: ReadonlyMap<string, number>;
  /** Tokens that are never sampled, ascending. */
  readonly suppress: readonly number[];
  /** Tokens that are never sampled first. */
  readonly beginSuppress: readonly number[];
  /** Length of the model's logits. */
  readonly vocabularySize: number;
  /** Positions of the decoder: prompt and sampled tokens together. */
  readonly maxTargetPositions: number;
  /** Latest first timestamp, in steps of 0.02 s. */
  readonly maxInitialTimestampIndex: number;
  /** Whether the model takes language and task tokens. */
  readonly multilingual: boolean;
}

/**
 * First timestamp at most 1.0 s (openai/whisper `max_initial_timestamp`), where the configuration says nothing.
 */
const DEFAULT_MAX_INITIAL_TIMESTAMP_INDEX = 50;

/**
 * Reads the special tokens from the parsed `generation_config.json` and `config.json` of a Hugging Face Whisper
 * directory.
 *
 * Both vocabulary families (multilingual and `.en`) order the tokens before the timestamps alike: translate,
 * transcribe, startoflm, startofprev, nospeech, notimestamps (openai/whisper `tokenizer.py`). The files name some of
 * them; the others follow from `no_timestamps_token_id`.
 *
 * `suppress` holds what the files list and, as openai/whisper's default does, the six control tokens, also where the
 * list is short. `beginSuppress` is what the files list; a model that may end at once on silence leaves end-of-text out
 * of it. Where they list nothing it is end-of-text alone.
 *
 * @throws WhisperError `model_invalid`
 */
export function specialTokensFrom(generationConfig: unknown, config: unknown): SpecialTokens {
  const files = new ModelFiles(generationConfig, config);
  const vocabularySize = files.integer('vocab_size', 1);
  const token = (key: string): number => files.integer(key, 0, vocabularySize - 1);
  const endOfText = token('eos_token_id');
  const startOfTranscript = token('decoder_start_token_id');
  const noTimestamps = token('no_timestamps_token_id');
  const timestampBegin = noTimestamps + 1;
  if (!(endOfText < startOfTranscript && startOfTranscript < noTimestamps)) {
    throw invalid(
      'eos_token_id < decoder_start_token_id < no_timestamps_token_id',
      `${endOfText}, ${startOfTranscript}, ${noTimestamps}`,
    );
  }
  if (timestampBegin + TIMESTAMP_COUNT > vocabularySize) {
    throw invalid(
      `vocab_size of at least no_timestamps_token_id + 1 + ${TIMESTAMP_COUNT} timestamps`,
      `${vocabularySize} and no_timestamps_token_id ${noTimestamps}`,
    );
  }

  const languages = readLanguages(files, vocabularySize);
  const multilingual = files.boolean('is_multilingual') ?? languages.size > 0;
  if (multilingual && languages.size === 0) {
    throw invalid('lang_to_id with one entry a language in a multilingual model', 'none');
  }
  const taskIds = files.integerRecord('task_to_id', vocabularySize);
  const translate = taskIds.get('translate') ?? noTimestamps - 5;
  const transcribe = taskIds.get('transcribe') ?? noTimestamps - 4;
  const startOfLm = noTimestamps - 3;
  const startOfPrevious = files.has('prev_sot_token_id') ? token('prev_sot_token_id') : noTimestamps - 2;
  const noSpeech = noTimestamps - 1;
  const suppress = new Set([
    ...(files.integerList('suppress_tokens', vocabularySize) ?? []),
    ...[translate, transcribe, startOfTranscript, startOfLm, startOfPrevious, noSpeech],
  ]);

  return Object.freeze({
    startOfTranscript,
    endOfText,
    transcribe: multilingual ? transcribe : undefined,
    translate: multilingual ? translate : undefined,
    startOfLm,
    startOfPrevious,
    noSpeech,
    noTimestamps,
    timestampBegin,
    languages: multilingual ? languages : new Map<string, number>(),
    suppress: Object.freeze([...suppress].sort((a, b) => a - b)),
    beginSuppress: Object.freeze(files.integerList('begin_suppress_tokens', vocabularySize) ?? [endOfText]),
    vocabularySize,
    maxTargetPositions: files.integer('max_target_positions', 8),
    maxInitialTimestampIndex: files.has('max_initial_timestamp_index')
      ? files.integer('max_initial_timestamp_index', 0, TIMESTAMP_COUNT - 1)
      : DEFAULT_MAX_INITIAL_TIMESTAMP_INDEX,
    multilingual,
  });
}

function readLanguages(files: ModelFiles, vocabularySize: number): ReadonlyMap<string, number> {
  const languages = new Map<string, number>();
  for (const [key, token] of files.integerRecord('lang_to_id', vocabularySize)) {
    const code = /^<\|([a-z]{2,3})\|>$/.exec(key)?.[1];
    if (code === undefined) throw invalid('keys of lang_to_id like "<|en|>"', JSON.stringify(key));
    languages.set(code, token);
  }
  return languages;
}

/** The two files as one: what the generation configuration says goes before what the model configuration says. */
class ModelFiles {
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(generationConfig: unknown, config: unknown) {
    this.values = {
      ...present(record(config, 'config.json')),
      ...present(record(generationConfig, 'generation_config.json')),
    };
  }

  has(key: string): boolean {
    return key in this.values;
  }

  integer(key: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
    return integer(this.values[key], key, min, max);
  }

  boolean(key: string): boolean | undefined {
    const value = this.values[key];
    if (value !== undefined && typeof value !== 'boolean') throw invalid(`${key} of true or false`, show(value));
    return value;
  }

  integerList(key: string, vocabularySize: number): number[] | undefined {
    const value = this.values[key];
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw invalid(`${key} as a list of token ids`, show(value));
    return value.map((item: unknown, i) => integer(item, `${key}[${i}]`, 0, vocabularySize - 1));
  }

  integerRecord(key: string, vocabularySize: number): ReadonlyMap<string, number> {
    if (!this.has(key)) return new Map();
    const entries = Object.entries(record(this.values[key], key));
    return new Map(entries.map(([name, id]) => [name, integer(id, `${key}.${name}`, 0, vocabularySize - 1)]));
  }
}

/** Without the keys whose value is null: they say as little as absent ones. */
function present(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${name} as a JSON object`, show(value));
  }
  return value as Readonly<Record<string, unknown>>;
}

function integer(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
    throw invalid(`${name} as a whole number ${range}`, show(value));
  }
  return value;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function invalid(expected: string, got: string): WhisperError {
  return new WhisperError(
    'model_invalid',
    `The model's configuration must have ${expected}, got ${got}. ` +
      'Check generation_config.json and config.json against the published files of the model.',
  );
}
