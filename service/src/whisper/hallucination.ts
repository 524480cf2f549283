import { SAMPLE_RATE_HZ } from './audio-format';
import { DEFAULT_LOG_PROB_THRESHOLD, DEFAULT_NO_SPEECH_THRESHOLD } from './decoding-options';
import type { Segment, Word } from './segments';
import type { SpeechRegion } from './windows';
import { wordAnomaly } from './words/word-anomaly';

/**
 * What speaks against a segment, the surest first:
 *
 * - `silence`: text where nobody speaks.
 * - `stock-phrase`: what Whisper writes over silence and music, where hardly anybody speaks.
 * - `repetition`: the same words over and over.
 * - `rate`: more words than anybody can say in the time.
 * - `word-anomaly`: most words are unlikely, or too short or long for a word, where hardly anybody speaks.
 * - `unlikely`: the model itself does not believe in it. Bad lines make real speech unlikely, too.
 */
export type HallucinationReason = 'silence' | 'stock-phrase' | 'repetition' | 'rate' | 'word-anomaly' | 'unlikely';

/** Why a segment was probably never said. */
export interface HallucinationVerdict {
  readonly reason: HallucinationReason;
  /** How far the sign is beyond its line: 1 on it, 2 at twice as much. Comparable for the same reason only. */
  readonly score: number;
}

/** What of a segment is judged. */
export type JudgedSegment = Pick<Segment, 'text' | 'startS' | 'endS' | 'avgLogProb' | 'noSpeechProb'> & {
  readonly words?: readonly JudgedWord[];
};

/** What of a word is judged. */
type JudgedWord = Pick<Word, 'text' | 'startS' | 'endS' | 'probability'>;

/**
 * Whether a segment was probably made up by the model, and what says so. A phrase alone never does: people do say "thank
 * you".
 *
 * @param speechShare - how much of the segment's time somebody speaks, in 0…1; see {@link speechShareOf}
 * @returns the surest reason; undefined where nothing speaks against the segment
 */
export function hallucinationVerdict(segment: JudgedSegment, speechShare: number): HallucinationVerdict | undefined {
  if (segment.text.trim() === '') return undefined;
  const scores: Readonly<Record<HallucinationReason, number>> = {
    silence: silenceScore(segment, speechShare),
    'stock-phrase': stockPhraseScore(segment, speechShare),
    repetition: loopScore(wordsOf(segment.text)),
    rate: rateScore(segment),
    'word-anomaly': speechShare < HARDLY_ANY_SPEECH ? wordAnomalyScore(segment.words ?? []) : 0,
    unlikely: segment.avgLogProb < DEFAULT_LOG_PROB_THRESHOLD ? segment.avgLogProb / DEFAULT_LOG_PROB_THRESHOLD : 0,
  };
  const reason = REASONS.find((each) => scores[each] > 0);
  return reason === undefined ? undefined : { reason, score: scores[reason] };
}

const REASONS: readonly HallucinationReason[] = [
  'silence',
  'stock-phrase',
  'repetition',
  'rate',
  'word-anomaly',
  'unlikely',
];

/**
 * Share of a stretch of audio that is speech.
 *
 * @param speech - regions of speech, in order and without overlap (`tidySpeech`)
 * @returns 0…1; 0 of a stretch of no length
 */
export function speechShareOf(speech: readonly SpeechRegion[], startS: number, endS: number): number {
  const startSample = startS * SAMPLE_RATE_HZ;
  const endSample = endS * SAMPLE_RATE_HZ;
  if (!(endSample > startSample)) return 0;
  let spokenSamples = 0;
  // A long recording has thousands of regions, and each of its segments asks.
  for (let i = firstEndingAfter(speech, startSample); i < speech.length; i++) {
    const region = speech[i]!;
    if (region.startSample >= endSample) break;
    spokenSamples += Math.min(region.endSample, endSample) - Math.max(region.startSample, startSample);
  }
  return spokenSamples / (endSample - startSample);
}

function firstEndingAfter(speech: readonly SpeechRegion[], sample: number): number {
  let [low, high] = [0, speech.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (speech[middle]!.endSample > sample) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Below this, what a detector found is a click or the edge of a neighbour. Own choice. */
const NO_SPEECH = 0.1;

/**
 * Below this, there is more silence than the 300 ms that are kept on both sides of speech account for: a "yes" of 0.3 s
 * has a third. Own choice.
 */
const HARDLY_ANY_SPEECH = 0.3;

/**
 * Silence this long is no mistake of a timestamp, in seconds (openai/whisper `transcribe.py` takes what is nearer than
 * this to a window's edge as beside silence).
 */
const SURE_SILENCE_S = 2;

/** A detector misses soft voices, so that it takes a second witness, or a long silence. */
function silenceScore({ startS, endS, noSpeechProb, avgLogProb }: JudgedSegment, speechShare: number): number {
  if (speechShare >= NO_SPEECH) return 0;
  const durationS = endS - startS;
  return strongest(
    beyond(noSpeechProb, DEFAULT_NO_SPEECH_THRESHOLD),
    beyond(-avgLogProb, -DEFAULT_LOG_PROB_THRESHOLD),
    speechShare === 0 ? beyond(durationS, SURE_SILENCE_S) : 0,
  );
}

/**
 * Credits of subtitles: nobody says them to a telephone, so that it takes less than for {@link COURTESIES}. The English of
 * both lists is what users of Whisper report most (arXiv:2501.11378; McCloudS/subgen#21, Vexa-ai/vexa#155 and #619,
 * amicalhq/amical#71, PocketShell-io/pocketshell#452, EdF2021/ithaka#96); the other languages are their counterparts.
 */
const CREDITS = [
  'Subtitles by the Amara.org community',
  'Transcription by CastingWords',
  'Untertitel der Amara.org-Community',
  'Untertitel im Auftrag des ZDF für funk, 2017',
  'Subtítulos realizados por la comunidad de Amara.org',
  "Sous-titres réalisés par la communauté d'Amara.org",
  'Legendas pela comunidade Amara.org',
  'Sottotitoli creati dalla comunità Amara.org',
  'Ondertitels ingediend door de Amara.org gemeenschap',
  'Субтитры сделал DimaTorzok',
  '字幕由Amara.org社区提供',
].map(letters);

/** What people do say, and Whisper over silence. */
const COURTESIES = [
  'Thank you',
  'Thank you very much',
  'Thank you so much',
  'Thanks for watching',
  'Thank you for watching',
  'Thank you so much for watching',
  'Thanks for watching and see you next time',
  "I'll see you next time",
  'Please subscribe',
  'Bye',
  'Bye-bye',
  'Vielen Dank',
  'Vielen Dank fürs Zuschauen',
  'Gracias',
  'Gracias por ver el video',
  "Merci d'avoir regardé cette vidéo",
  'Продолжение следует',
  'ありがとうございました',
  'ご視聴ありがとうございました',
  '시청해주셔서 감사합니다',
  '谢谢观看',
  'Abone olmayı unutmayın',
].map(letters);

function stockPhraseScore({ text, noSpeechProb }: JudgedSegment, speechShare: number): number {
  const said = letters(text);
  // Written several times it is no less a phrase.
  const isOneOf = (phrases: readonly string[]): boolean =>
    phrases.some((phrase) => said === phrase.repeat(Math.max(1, said.length / phrase.length)));
  const isQuiet = speechShare < HARDLY_ANY_SPEECH;
  if (isOneOf(CREDITS)) return strongest(isQuiet ? 1 : 0, beyond(noSpeechProb, DEFAULT_NO_SPEECH_THRESHOLD));
  return isQuiet && isOneOf(COURTESIES) ? 1 : 0;
}

/** Letters and digits, without case: how a phrase is spaced and punctuated says nothing. */
function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}\p{M}]/gu, '');
}

/**
 * A loop is the same words this often in a row, and this many words in all. People repeat themselves, too: digits
 * ("oh eight hundred, four four four four"), a refusal ("no no no no no"), a test ("one two, one two, one two"), laughter.
 * Own choice, above all of these.
 */
const LOOP = { times: 4, words: 12 };

/** Longest run of words that is looked for again: a sentence. */
const MAX_LOOP_WORDS = 30;

function loopScore(words: readonly string[]): number {
  let score = 0;
  const longest = Math.min(MAX_LOOP_WORDS, Math.floor(words.length / LOOP.times));
  for (let period = 1; period <= longest; period++) {
    /** Words in a row that are the same as the one a period before. */
    let repeated = 0;
    for (let i = period; i < words.length; i++) {
      repeated = words[i] === words[i - period] ? repeated + 1 : 0;
      const looped = repeated + period;
      score = strongest(score, Math.min(looped / period / LOOP.times, looped / LOOP.words));
    }
  }
  return score >= 1 ? score : 0;
}

/**
 * The fastest speech: the record of English is 10.6 words a second (Steve Woodmore, 637 a minute), auctioneers reach 7.
 * Words are of different length, so that characters count as well: 40 are 7 words of English.
 */
const FASTEST = { wordsPerSecond: 10, charactersPerSecond: 40 };

/** What the times of a segment are wrong by, in seconds; a short answer must not look fast. Own choice. */
const TIME_ERROR_S = 0.5;

function rateScore({ text, startS, endS }: JudgedSegment): number {
  const mostS = endS - startS + TIME_ERROR_S;
  return strongest(
    beyond(wordsOf(text).length, FASTEST.wordsPerSecond * mostS),
    beyond(text.trim().length, FASTEST.charactersPerSecond * mostS),
  );
}

function wordAnomalyScore(all: readonly JudgedWord[]): number {
  const words = all.filter(({ text }) => letters(text) !== '');
  const anomaly = words.length === 0 ? 0 : wordAnomaly(words);
  return anomaly >= 1 ? anomaly : 0;
}

/** Words in all scripts, also those without spaces; without case and punctuation. */
const SEGMENTER = new Intl.Segmenter('en', { granularity: 'word' });

function wordsOf(text: string): readonly string[] {
  return [...SEGMENTER.segment(text.toLowerCase())]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);
}

/** @returns 0 on the line and below */
function beyond(value: number, line: number): number {
  return value > line ? value / line : 0;
}

function strongest(...scores: readonly number[]): number {
  return Math.max(...scores);
}
