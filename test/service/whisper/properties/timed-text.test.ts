import fc from 'fast-check';
import { clampToAudio, splitAtTimestamps, type TimedSlice } from '../../../../service/src/whisper/segments';
import { joinTexts } from '../../../../service/src/whisper/transcript-text';
import { SPECIAL } from '../small-vocabulary';
import { lawfulAnswers, lawlessAnswers } from './answers';
import { seeded } from './seeded';

const END_OF_TEXT = 20;
const FIRST_TIMESTAMP = 31;
const STEPS_PER_SECOND = 50;

/** A window's length, as a whole number of samples or of timestamp steps. */
const windowS = fc.oneof(
  fc.integer({ min: 1, max: 480_000 }).map((samples) => samples / 16_000),
  fc.integer({ min: 1, max: 1500 }).map((steps) => steps / STEPS_PER_SECOND),
);
const lawful = lawfulAnswers.map(([answer]) => answer!.tokens);
const lawless = lawlessAnswers.map(([answer]) => answer!.tokens);

function slicesOf(tokens: readonly number[], lengthS: number) {
  const split = splitAtTimestamps({ tokens, tokenLogProbs: tokens.map((_, i) => -i) }, SPECIAL, lengthS);
  return { ...split, all: split.unfinished === undefined ? split.finished : [...split.finished, split.unfinished] };
}

const words = (tokens: readonly number[]): number[] => tokens.filter((token) => token < END_OF_TEXT);

test('a lawful text is split without losing or moving a word, each log-probability beside its token', () => {
  fc.assert(
    fc.property(lawful, windowS, (tokens, lengthS) => {
      const { all } = slicesOf(tokens, lengthS);
      for (const slices of [all, clampToAudio(all, lengthS)]) {
        expect(words(slices.flatMap((slice) => slice.tokens))).toEqual(words(tokens));
        for (const slice of slices) {
          expect(slice.tokenLogProbs.map((logProb) => tokens[-logProb])).toEqual(slice.tokens);
        }
      }
    }),
    seeded(400),
  );
});

test('the slices of a lawful text have the times that the model wrote', () => {
  fc.assert(
    fc.property(lawful, windowS, (tokens, lengthS) => {
      for (const { startS, endS, tokens: own } of slicesOf(tokens, lengthS).all) {
        const start = own.at(0)!;
        const end = own.at(-1)!;
        if (start >= FIRST_TIMESTAMP) expect(startS).toBe((start - FIRST_TIMESTAMP) / STEPS_PER_SECOND);
        if (end >= FIRST_TIMESTAMP) expect(endS).toBe((end - FIRST_TIMESTAMP) / STEPS_PER_SECOND);
        else expect(endS).toBeGreaterThanOrEqual(lengthS);
      }
    }),
    seeded(300),
  );
});

test('of any tokens, clamped slices are in order, longer than nothing and inside the audio', () => {
  fc.assert(
    fc.property(fc.oneof(lawful, lawless), windowS, (tokens, lengthS) => {
      const { all, resumeAtS, finished } = slicesOf(tokens, lengthS);
      let end = 0;
      for (const { startS, endS } of clampToAudio(all, lengthS)) {
        expect(startS).toBeGreaterThanOrEqual(end);
        expect(endS).toBeGreaterThan(startS);
        end = endS;
      }
      expect(end).toBeLessThanOrEqual(lengthS);
      expect(resumeAtS).toBeGreaterThanOrEqual(0);
      expect(resumeAtS).toBeLessThanOrEqual(lengthS);
      // Nothing that is finished is decoded again.
      for (const { endS } of finished) expect(Math.min(endS, lengthS)).toBeLessThanOrEqual(resumeAtS);
    }),
    seeded(400),
  );
});

test('clamping changes nothing inside the audio, and nothing when it is done twice', () => {
  fc.assert(
    fc.property(fc.oneof(lawful, lawless), windowS, (tokens, lengthS) => {
      const { all } = slicesOf(tokens, lengthS);
      const once: readonly TimedSlice[] = clampToAudio(all, lengthS);
      expect(clampToAudio(once, lengthS)).toEqual(once);
      if (all.every(({ endS }) => endS <= lengthS)) expect(once).toEqual(all);
    }),
    seeded(300),
  );
});

describe('joined texts', () => {
  const texts = fc.array(
    fc.oneof(
      fc.constantFrom(' Hello.', 'Hello.', ' ', '', '¿Qué?', 'l’eau', '...', ' 5', '日本', '\u{1f600}', '-'),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    ),
    { maxLength: 6 },
  );
  const languages = fc.constantFrom('en', 'es', 'ja', 'zh', 'th');
  const inked = (text: string): string => text.replaceAll(/\s/gu, '');

  test('have every character of theirs in order, and no other but spaces', () => {
    fc.assert(
      fc.property(texts, languages, (given, language) => {
        expect(inked(joinTexts(given, language))).toBe(inked(given.join('')));
      }),
      seeded(300),
    );
  });

  test('are trimmed, and a single text is only trimmed', () => {
    fc.assert(
      fc.property(texts, languages, (given, language) => {
        const joined = joinTexts(given, language);
        expect(joined).toBe(joined.trim());
        for (const text of given) expect(joinTexts([text], language)).toBe(text.trim());
      }),
      seeded(200),
    );
  });

  test('keep words apart where a language has spaces, and gain none where it has not', () => {
    const bareWords = fc.array(fc.stringMatching(/^[ \n]?[a-zñéü0-9¿]{1,4}[.,!?]?$/), { maxLength: 6 });
    fc.assert(
      fc.property(texts, bareWords, (anyTexts, bare) => {
        expect(joinTexts(anyTexts, 'ja')).toBe(anyTexts.join('').trim());
        const words = bare.map((word) => word.trim());
        expect(joinTexts(bare, 'es').split(/\s/u)).toEqual(words.length === 0 ? [''] : words);
      }),
      seeded(300),
    );
  });
});
