import { languageCode } from '../../whisper/languages';
import { ApiError } from '../errors/api-error';
import { AUDIO_FILE, PROMPT, RESPONSE_FORMAT, TEMPERATURE, type ResponseFormat } from '../forms/common-fields';
import type { FieldSchema, FormSchema } from '../forms/form-schema';
import type { TranscriptionRequest } from '../transcription/transcription-request';

/** whisper.cpp's limit of texts that are pursued side by side (`WHISPER_MAX_DECODERS`). */
const MAX_DECODERS = 8;

function taken(why: string): FieldSchema {
  return { type: 'string', description: `Taken, and without effect: ${why}.` };
}

const OWN_DETECTOR = 'speech is always looked for, by a detector with settings of its own';
const OWN_JUDGEMENT = 'text that repeats itself is known by how well it compresses, as in openai/whisper';

/** `POST /inference` of whisper.cpp's server: every field that it reads, with its defaults. */
export const INFERENCE_FORM = {
  type: 'object',
  required: ['file'],
  properties: {
    file: AUDIO_FILE,
    language: {
      type: 'string',
      default: 'en',
      description: 'Code, name or tag of the language, or `auto` to detect it. A model of English alone hears English.',
    },
    detect_language: {
      type: 'boolean',
      default: false,
      description: 'The language is detected and no text decoded; verbose_json says which.',
    },
    translate: { type: 'boolean', default: false, description: 'Text in English, whatever is spoken.' },
    response_format: RESPONSE_FORMAT,
    prompt: PROMPT,
    temperature: { ...TEMPERATURE, description: 'Where decoding begins.' },
    temperature_inc: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.2,
      description:
        'Where a text comes out badly the temperature is raised by this until it is above 1; 0 never raises it. At least 0.05.',
    },
    best_of: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_DECODERS,
      default: 2,
      description: 'Texts drawn at a temperature above 0; the likeliest stands.',
    },
    beam_size: {
      type: 'integer',
      minimum: -1,
      maximum: MAX_DECODERS,
      default: -1,
      description: 'Texts pursued side by side at temperature 0; below 2 the likeliest token is taken.',
    },
    logprob_thold: {
      type: 'number',
      default: -1,
      description: 'Average log-probability below which a text came out badly.',
    },
    no_speech_thold: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.6,
      description: 'Probability of silence above which an unlikely text is none.',
    },
    offset_t: { type: 'integer', minimum: 0, default: 0, description: 'Milliseconds of audio that are not heard.' },
    duration: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Milliseconds of audio that are heard, from offset_t on; 0 is the rest.',
    },
    offset_n: { type: 'integer', minimum: 0, default: 0, description: 'Added to the numbers of the cues of srt.' },
    max_len: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description:
        'Most characters of a segment, which is cut between words. 0 is no limit. Needs token_timestamps, and a model that can time words.',
    },
    no_timestamps: {
      type: 'boolean',
      default: false,
      description: 'The model writes no timestamps: verbose_json has no times, and a stretch of speech is one segment.',
    },
    token_timestamps: {
      type: 'boolean',
      description:
        'Times of words in verbose_json. Default: unless no_timestamps. A model that cannot time words leaves them out.',
    },
    no_language_probabilities: {
      type: 'boolean',
      default: false,
      description: 'Leaves the detection of the language out of verbose_json, which costs a run of the encoder.',
    },
    split_on_word: taken('segments are always cut between words'),
    carry_initial_prompt: taken('every stretch of speech sees the prompt'),
    max_context: taken('no stretch of speech sees the text before it'),
    audio_ctx: taken('the model hears the 30 s that it was trained with; shorter windows break it'),
    word_thold: taken("words are timed by the model's attention"),
    entropy_thold: taken(OWN_JUDGEMENT),
    suppress_nst: taken("the tokens that the model's own configuration names are always suppressed"),
    suppress_non_speech: taken("the tokens that the model's own configuration names are always suppressed"),
    diarize: taken('speakers are not told apart; the channels of a recording are averaged'),
    tinydiarize: taken('it takes a model that was trained for it'),
    debug_mode: taken('nothing is written to disk'),
    vad: taken(OWN_DETECTOR),
    vad_threshold: taken(OWN_DETECTOR),
    vad_min_speech_duration_ms: taken(OWN_DETECTOR),
    vad_min_silence_duration_ms: taken(OWN_DETECTOR),
    vad_max_speech_duration_s: taken(OWN_DETECTOR),
    vad_speech_pad_ms: taken(OWN_DETECTOR),
    vad_samples_overlap: taken(OWN_DETECTOR),
  },
} as const satisfies FormSchema;

/** The form once it is checked, as far as it has an effect. */
export interface InferenceForm {
  readonly language: string;
  readonly detect_language: boolean;
  readonly translate: boolean;
  readonly response_format: ResponseFormat;
  readonly prompt?: string;
  readonly temperature: number;
  readonly temperature_inc: number;
  readonly best_of: number;
  readonly beam_size: number;
  readonly logprob_thold: number;
  readonly no_speech_thold: number;
  readonly offset_t: number;
  readonly duration: number;
  readonly offset_n: number;
  readonly max_len: number;
  readonly no_timestamps: boolean;
  readonly token_timestamps?: boolean;
  readonly no_language_probabilities: boolean;
}

/** @param multilingual - whether the model knows other languages than English; where not, none is asked of it */
export function inferenceRequest(form: InferenceForm, multilingual: boolean): TranscriptionRequest {
  const { response_format: format, token_timestamps: timesTokens = !form.no_timestamps } = form;
  const startS = form.offset_t / 1000;
  return {
    task: multilingual && form.translate ? 'translate' : 'transcribe',
    language: languageOf(form, multilingual),
    languageDetection: form.detect_language
      ? 'alone'
      : format === 'verbose_json' && !form.no_language_probabilities
        ? 'besides'
        : undefined,
    temperature: temperatures(form),
    bestOf: form.best_of,
    beamSize: Math.max(1, form.beam_size),
    logProbThreshold: form.logprob_thold,
    noSpeechThreshold: form.no_speech_thold,
    prompt: form.prompt,
    timestamps: !form.no_timestamps,
    wordTimestamps: timesTokens && (format === 'verbose_json' || form.max_len > 0),
    wordsMayLackTimes: true,
    part:
      startS > 0 || form.duration > 0
        ? { startS, endS: form.duration > 0 ? startS + form.duration / 1000 : Infinity }
        : undefined,
  };
}

function languageOf({ language, detect_language: detects }: InferenceForm, multilingual: boolean): string | undefined {
  if (!multilingual) return 'en';
  return detects || language === 'auto' ? undefined : languageCode(language);
}

/** As whisper.cpp counts them: up to 1, as far as floating point gets there. */
function temperatures({ temperature, temperature_inc: step }: InferenceForm): readonly number[] {
  if (step === 0) return [temperature];
  if (step < 0.05) {
    throw new ApiError('invalid_value', `temperature_inc: got ${step}, expected 0, or 0.05 to 1`, 'temperature_inc');
  }
  const count = Math.floor((1 - temperature) / step + 1e-6) + 1;
  return Array.from({ length: count }, (_, index) => Math.min(1, temperature + index * step));
}
