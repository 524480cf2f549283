import fc from 'fast-check';
import type { DecodingResult } from '../../../../service/src/whisper/decoding-result';
import type { SpeechAudio, WindowTranscriber } from '../../../../service/src/whisper/transcribe';
import type { AudioWindow, SpeechRegion } from '../../../../service/src/whisper/windows';
import { CONFIG, SPECIAL, timestamp, TOKENIZER } from '../small-vocabulary';

const SAMPLES_PER_SECOND = 16_000;

/** What a window is decoded to. */
export interface Answer extends Pick<DecodingResult, 'tokens' | 'isSpeech' | 'temperature'> {
  /** Where the next word begins, in steps of 20 ms behind the one before; over and over. */
  readonly wordSteps: readonly number[];
}

const verdict = {
  isSpeech: fc.constantFrom(true, true, true, false),
  temperature: fc.constantFrom(0, 0.4, 1),
  wordSteps: fc.array(fc.oneof(fc.nat(20), fc.nat(300)), { minLength: 1, maxLength: 4 }),
};

/** Token 0 is a bare space: text that is blank. */
const words = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 3 });
/** Steps of 20 ms, from none to the whole window. */
const gap = fc.oneof(fc.constantFrom(0, 1, 5), fc.nat(1500));
const segment = fc.tuple(gap, words, fc.oneof(fc.constantFrom(1, 2), fc.integer({ min: 1, max: 1500 })));

/** Tokens that the rules let through: `start words end`, again and again, cut off anywhere. */
const lawfulTokens = fc
  .tuple(fc.array(segment, { maxLength: 5 }), fc.boolean(), fc.nat(25))
  .map(([segments, reopens, cut]) => {
    const tokens: number[] = [];
    let steps = 0;
    for (const [pause, text, length] of segments) {
      const start = steps + (tokens.length === 0 ? Math.min(pause, 50) : pause);
      if (start + length > 1500) break;
      steps = start + length;
      tokens.push(timestamp(start / 50), ...text, timestamp(steps / 50));
    }
    if (reopens && tokens.length > 0) tokens.push(timestamp(steps / 50));
    return cut === 0 ? tokens : tokens.slice(0, Math.max(1, tokens.length - cut));
  });
const timelessTokens = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 6 });

/** Tokens in any order, special ones among them; the edges of the window are common. */
const lawlessTokens = fc.array(
  fc.oneof(
    words.map(([word]) => word!),
    fc.constantFrom(...[0, 0, 0.02, 29.98, 30].map(timestamp)),
    fc.integer({ min: 0, max: CONFIG.vocab_size - 1 }),
  ),
  { maxLength: 7 },
);

const answersOf = (tokens: fc.Arbitrary<number[]>): fc.Arbitrary<Answer[]> =>
  fc.array(fc.record({ tokens, ...verdict }), { minLength: 1, maxLength: 5 });

/** Answers of a decoder with timestamps. */
export const lawfulAnswers = answersOf(lawfulTokens);
/** Answers of a decoder without timestamps. */
export const timelessAnswers = answersOf(timelessTokens);
/** Answers of a decoder that is broken. */
export const lawlessAnswers = answersOf(lawlessTokens);

/** Silence is enough: the answers are known beforehand. One for all tests, as it is long. */
const SILENCE = new Float32Array(180 * SAMPLES_PER_SECOND);

/** Audio as short as a failing case should be. */
export interface SilentAudio {
  readonly lengthSamples: number;
  readonly speech: readonly SpeechRegion[];
}

export function audioOf({ lengthSamples, speech }: SilentAudio): SpeechAudio {
  return { samples: SILENCE.subarray(0, lengthSamples), speech };
}

/** Up to three minutes, with speech anywhere: in order or not, overlapping, empty, behind the end. */
export const anyAudio: fc.Arbitrary<SilentAudio> = fc
  .tuple(
    fc.oneof(fc.constantFrom(0, 1, 100, 480_000, 480_001, SILENCE.length), fc.nat(SILENCE.length), fc.nat(200_000)),
    fc.array(fc.tuple(fc.nat(1000), fc.oneof(fc.nat(30), fc.nat(1000))), { maxLength: 6 }),
  )
  .map(([lengthSamples, parts]) => ({
    lengthSamples,
    // In thousandths of the audio, so that speech moves with its length.
    speech: parts.map(([start, span]) => ({
      startSample: Math.floor((start * lengthSamples) / 1000),
      endSample: Math.floor(((start + span) * lengthSamples) / 1000),
    })),
  }));

export interface Call extends AudioWindow {
  readonly answer: Answer;
}

/** Gives its answers in turn, round and round; `calls` are the windows of the audio that were asked for. */
export class AnswersInTurn implements WindowTranscriber {
  readonly special = SPECIAL;
  readonly tokenizer = TOKENIZER;
  readonly calls: Call[] = [];

  constructor(
    private readonly answers: readonly Answer[],
    private readonly mostCalls: number,
  ) {}

  /** The window's features are nobody's concern here. */
  readonly loudest = (): Promise<number> => Promise.resolve(0);

  readonly decodeWindow: WindowTranscriber['decodeWindow'] = (samples, { alignWords }) => {
    const answer = this.answers[this.calls.length % this.answers.length]!;
    const startSample = samples.byteOffset / Float32Array.BYTES_PER_ELEMENT;
    // To stop a loop that has no end; the bound itself is checked by the test.
    if (this.calls.length > this.mostCalls) throw new Error(`more than ${this.mostCalls} windows`);
    this.calls.push({ startSample, endSample: startSample + samples.length, answer });
    return Promise.resolve({
      ...answer,
      words: alignWords === undefined ? undefined : wordsOf(answer, samples.length / SAMPLES_PER_SECOND),
      tokenLogProbs: answer.tokens.map(() => -0.5),
      language: 'en',
      languageProbability: undefined,
      languageCandidates: undefined,
      avgLogProb: -0.4,
      noSpeechProb: answer.isSpeech ? 0.1 : 0.9,
      compressionRatio: 1,
      reachedLimit: false,
    });
  };
}

/** Words as an alignment has them: in order, inside the window, some of no length. Each token of the text is a word. */
function wordsOf({ tokens, wordSteps }: Answer, windowS: number): DecodingResult['words'] {
  const text = tokens.filter((token) => token < SPECIAL.endOfText);
  let startS = 0;
  return text.map((token, i) => {
    const endS = Math.min(startS + wordSteps[i % wordSteps.length]! / 50, windowS);
    const sureness = { confidence: (i % 3) / 3, probability: (i % 4) / 4 };
    const word = { text: TOKENIZER.decode([token]), tokens: [token], startS, endS, ...sureness };
    startS = endS;
    return word;
  });
}
