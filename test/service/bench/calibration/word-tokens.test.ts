import { RECOMMENDED_WORD_CONFIDENCE, WORD_CONFIDENCES } from '../../../../service/bench/calibration/word-confidence';
import { partIntoWords, type WordTokens } from '../../../../service/bench/calibration/word-tokens';

/** Parts pieces of text, each a token whose log-probability is its number, counted down from 0. */
function part(...pieces: readonly string[]): readonly WordTokens[] {
  return partIntoWords(
    pieces.map((_, index) => ({ token: index, logProb: -index })),
    { decode: (tokens) => tokens.map((token) => pieces[token]).join('') },
    'en',
  );
}

describe('the words of a transcript', () => {
  it('begin where a token begins with a space', () => {
    expect(part(' Trans', 'fer', ' nine')).toEqual([
      { text: 'Transfer', spelling: [-0, -1], punctuation: [] },
      { text: 'nine', spelling: [-2], punctuation: [] },
    ]);
  });

  it('keep the punctuation behind them apart from their spelling', () => {
    expect(part(' Hello', ',', ' Tom', '.')).toEqual([
      { text: 'Hello,', spelling: [-0], punctuation: [-1] },
      { text: 'Tom.', spelling: [-2], punctuation: [-3] },
    ]);
  });

  it('end before an apostrophe, as in openai/whisper', () => {
    expect(part(' eight', ' o', "'", 'clock').map(({ text }) => text)).toEqual(['eight', 'o', "'clock"]);
  });

  it('hold characters whose bytes are spread over tokens', () => {
    const bytes = Buffer.from(' ñu');
    const words = partIntoWords(
      [...bytes].map((token, index) => ({ token, logProb: -index })),
      { decode: (tokens) => Buffer.from(tokens).toString('utf8') },
      'es',
    );

    expect(words).toEqual([{ text: 'ñu', spelling: [-0, -1, -2, -3], punctuation: [] }]);
  });
});

describe('the recommended confidence of a word', () => {
  it('is the product of the probabilities of the tokens that spell it', () => {
    const word = { text: 'Tom.', spelling: [Math.log(0.5), Math.log(0.9)], punctuation: [Math.log(0.1)] };

    expect(WORD_CONFIDENCES[RECOMMENDED_WORD_CONFIDENCE](word)).toBeCloseTo(0.45, 12);
    expect(WORD_CONFIDENCES['arithmetic mean'](word)).toBeCloseTo(0.7, 12);
    expect(WORD_CONFIDENCES['product, with punctuation'](word)).toBeCloseTo(0.045, 12);
  });
});
