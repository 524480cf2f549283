import { readFileSync } from 'node:fs';
import path from 'node:path';
import { specialTokensFrom } from '../../../service/src/whisper/special-tokens';
import { failureOf } from '../../support/failure-of';
import { CONFIG, GENERATION_CONFIG } from './small-vocabulary';

/** What whisper-tiny publishes, and what whisper-tiny.en publishes; most of the languages and symbols left out. */
const TINY = {
  generation: {
    begin_suppress_tokens: [220, 50257],
    decoder_start_token_id: 50258,
    eos_token_id: 50257,
    is_multilingual: true,
    lang_to_id: { '<|en|>': 50259, '<|zh|>': 50260, '<|haw|>': 50352 },
    max_initial_timestamp_index: 50,
    no_timestamps_token_id: 50363,
    prev_sot_token_id: 50361,
    suppress_tokens: [1, 2, 7],
    task_to_id: { transcribe: 50359, translate: 50358 },
  },
  config: { vocab_size: 51865, max_target_positions: 448, eos_token_id: 50257, decoder_start_token_id: 50258 },
};
const TINY_EN = {
  generation: {
    begin_suppress_tokens: [220, 50256],
    decoder_start_token_id: 50257,
    eos_token_id: 50256,
    is_multilingual: false,
    max_initial_timestamp_index: 50,
    no_timestamps_token_id: 50362,
    prev_sot_token_id: 50360,
    suppress_tokens: [1, 2, 7, 50357, 50358, 50359, 50360, 50361],
  },
  config: { vocab_size: 51864, max_target_positions: 448 },
};

test("a multilingual model's ids are those of openai/whisper", () => {
  const special = specialTokensFrom(TINY.generation, TINY.config);
  expect(special).toMatchObject({
    endOfText: 50257,
    startOfTranscript: 50258,
    translate: 50358,
    transcribe: 50359,
    startOfLm: 50360,
    startOfPrevious: 50361,
    noSpeech: 50362,
    noTimestamps: 50363,
    timestampBegin: 50364,
    beginSuppress: [220, 50257],
    vocabularySize: 51865,
    maxTargetPositions: 448,
    maxInitialTimestampIndex: 50,
    multilingual: true,
  });
  expect([...special.languages]).toEqual([
    ['en', 50259],
    ['zh', 50260],
    ['haw', 50352],
  ]);
});

test('an English-only model takes no language and no task, and still never writes their tokens', () => {
  const special = specialTokensFrom(TINY_EN.generation, TINY_EN.config);
  expect(special).toMatchObject({
    endOfText: 50256,
    startOfTranscript: 50257,
    translate: undefined,
    transcribe: undefined,
    startOfPrevious: 50360,
    noSpeech: 50361,
    noTimestamps: 50362,
    timestampBegin: 50363,
    multilingual: false,
  });
  expect(special.languages.size).toBe(0);
  expect(special.suppress).toEqual([1, 2, 7, 50257, 50357, 50358, 50359, 50360, 50361]);
});

test('the embedded model is read, and may end at once on silence', () => {
  const file = (name: string): unknown =>
    JSON.parse(readFileSync(path.join(__dirname, '../../../service/models/whisper-nano', name), 'utf8'));
  const special = specialTokensFrom(file('generation_config.json'), file('config.json'));
  expect(special).toMatchObject({
    endOfText: 640,
    noSpeech: 649,
    noTimestamps: 650,
    timestampBegin: 651,
    beginSuppress: [32],
  });
  expect(special.suppress).toEqual([641, 645, 646, 647, 648, 649]);
});

test('the control tokens are suppressed where the list of the model is short or missing', () => {
  const control = [21, 25, 26, 27, 28, 29];
  expect(specialTokensFrom({ ...GENERATION_CONFIG, suppress_tokens: [7] }, CONFIG).suppress).toEqual([7, ...control]);
  expect(specialTokensFrom({ ...GENERATION_CONFIG, suppress_tokens: null }, CONFIG).suppress).toEqual(control);
});

test('without a list of first tokens to suppress, an empty transcript is not begun', () => {
  expect(specialTokensFrom({ ...GENERATION_CONFIG, begin_suppress_tokens: null }, CONFIG).beginSuppress).toEqual([20]);
});

test('what the generation configuration leaves out comes from the model configuration', () => {
  const { eos_token_id, ...rest } = GENERATION_CONFIG;
  expect(specialTokensFrom(rest, { ...CONFIG, eos_token_id }).endOfText).toBe(20);
});

test.each([
  ['a generation configuration that is not an object', [], CONFIG, 'generation_config.json as a JSON object, got []'],
  ['a missing file', GENERATION_CONFIG, undefined, 'config.json as a JSON object, got nothing'],
  ['a missing id', { ...GENERATION_CONFIG, no_timestamps_token_id: undefined }, CONFIG, 'no_timestamps_token_id as a'],
  ['an id that is text', { ...GENERATION_CONFIG, eos_token_id: '20' }, CONFIG, 'from 0 to 1531, got "20"'],
  ['an id outside the vocabulary', { ...GENERATION_CONFIG, suppress_tokens: [1, 1532] }, CONFIG, 'suppress_tokens[1]'],
  ['ids in another order', { ...GENERATION_CONFIG, eos_token_id: 22 }, CONFIG, 'got 22, 21, 30'],
  ['a vocabulary without timestamps', GENERATION_CONFIG, { ...CONFIG, vocab_size: 1000 }, 'vocab_size of at least'],
  ['a multilingual model without languages', { ...GENERATION_CONFIG, lang_to_id: {} }, CONFIG, 'lang_to_id'],
  ['a language that is no token', { ...GENERATION_CONFIG, lang_to_id: { en: 22 } }, CONFIG, '"en"'],
])('%s is refused with what is wrong', (_, generationConfig, config, message) => {
  const failure = failureOf(() => specialTokensFrom(generationConfig, config));
  expect(failure).toMatchObject({ code: 'model_invalid', message: expect.stringContaining(message) });
});
