import { inferenceRequest, type InferenceForm } from '../../../../service/src/http/routes/whisper-cpp-form';

/** A form of which nothing is said but the file, as its schema's defaults fill it. */
const DEFAULTS: InferenceForm = {
  language: 'en',
  detect_language: false,
  translate: false,
  response_format: 'json',
  temperature: 0,
  temperature_inc: 0.2,
  best_of: 2,
  beam_size: -1,
  logprob_thold: -1,
  no_speech_thold: 0.6,
  offset_t: 0,
  duration: 0,
  offset_n: 0,
  max_len: 0,
  no_timestamps: false,
  no_language_probabilities: false,
};
const requestOf = (form: Partial<InferenceForm>, multilingual = true): ReturnType<typeof inferenceRequest> =>
  inferenceRequest({ ...DEFAULTS, ...form }, multilingual);

it("asks for what whisper.cpp's defaults ask for", () => {
  const { temperature, ...request } = requestOf({});
  expect(request).toEqual({
    task: 'transcribe',
    language: 'en',
    languageDetection: undefined,
    bestOf: 2,
    beamSize: 1,
    logProbThreshold: -1,
    noSpeechThreshold: 0.6,
    prompt: undefined,
    timestamps: true,
    wordTimestamps: false,
    wordsMayLackTimes: true,
    part: undefined,
  });
  expect(temperature).toHaveLength(6);
});

it.each([
  [0, 0.2, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [0, 0.4, [0, 0.4, 0.8]],
  [0.1, 0.3, [0.1, 0.4, 0.7, 1]],
  [1, 0.2, [1]],
  [0.5, 1, [0.5]],
  [0.3, 0, [0.3]],
])('from %d by %d the temperatures are %j', (temperature, temperature_inc, expected) => {
  const tried = requestOf({ temperature, temperature_inc }).temperature as readonly number[];
  expect(tried.map((each) => Math.round(each * 1e6) / 1e6)).toEqual(expected);
});

it('refuses steps that would not end within reason', () => {
  expect(requestOf({ temperature_inc: 0.05 }).temperature).toHaveLength(21);
  expect(() => requestOf({ temperature_inc: 0.049 })).toThrow('temperature_inc: got 0.049, expected 0, or 0.05 to 1');
});

it('passes on how to decode', () => {
  const form = { best_of: 3, beam_size: 4, logprob_thold: -0.5, no_speech_thold: 0.25, prompt: 'before' };
  expect(requestOf(form)).toMatchObject({
    bestOf: 3,
    beamSize: 4,
    logProbThreshold: -0.5,
    noSpeechThreshold: 0.25,
    prompt: 'before',
  });
});

it.each([
  [{ offset_t: 1500 }, { startS: 1.5, endS: Infinity }],
  [{ duration: 2500 }, { startS: 0, endS: 2.5 }],
  [
    { offset_t: 1500, duration: 2500 },
    { startS: 1.5, endS: 4 },
  ],
])('%j is a part of the audio', (form, part) => {
  expect(requestOf(form).part).toEqual(part);
});

it('a language is named, detected, or English where the model knows no other', () => {
  expect(requestOf({ language: 'pt-BR' }).language).toBe('pt');
  expect(requestOf({ language: 'auto' }).language).toBeUndefined();
  expect(requestOf({ language: 'de', detect_language: true }).language).toBeUndefined();
  expect(requestOf({ language: 'de', translate: true }, false)).toMatchObject({ language: 'en', task: 'transcribe' });
  expect(requestOf({ language: 'de', translate: true })).toMatchObject({ language: 'de', task: 'translate' });
});

it('languages are detected for verbose_json, unless nobody wants to know', () => {
  expect(requestOf({ response_format: 'verbose_json' }).languageDetection).toBe('besides');
  const unwanted = { response_format: 'verbose_json', no_language_probabilities: true } as const;
  expect(requestOf(unwanted).languageDetection).toBeUndefined();
  expect(requestOf({ ...unwanted, detect_language: true }).languageDetection).toBe('alone');
});

it('words are timed where their times are shown, or segments cut between them', () => {
  const timed = (form: Partial<InferenceForm>): boolean | undefined => requestOf(form).wordTimestamps;
  const verbose = { response_format: 'verbose_json' } as const;
  expect(timed(verbose)).toBe(true);
  expect(timed({ ...verbose, no_timestamps: true })).toBe(false);
  expect(timed({ ...verbose, no_timestamps: true, token_timestamps: true })).toBe(true);
  expect(timed({ ...verbose, token_timestamps: false })).toBe(false);
  expect(timed({ response_format: 'srt' })).toBe(false);
  expect(timed({ response_format: 'srt', max_len: 40 })).toBe(true);
});
