import fc from 'fast-check';
import { hallucinationVerdict, speechShareOf, type JudgedSegment } from '../../../service/src/whisper/hallucination';

/** A good segment, whose every second is speech, but for what is given. */
function judge(given: Partial<JudgedSegment>, speechShare = 1) {
  const segment = { text: ' Hello.', startS: 10, endS: 14, avgLogProb: -0.3, compressionRatio: 1, noSpeechProb: 0.1 };
  return hallucinationVerdict({ ...segment, ...given }, speechShare);
}

const QUIET = 0.2;
const times = (count: number, text: string): string => text.repeat(count).trim();

describe('real speech stands', () => {
  test.each([
    ['a sentence', 'I would like to book a table for two, please.'],
    ['a refusal', 'No no no no no no, that is not what I said.'],
    ['digits', 'Oh eight hundred, four four four four, nine nine nine nine nine.'],
    ['a number of zeros', '1 0 0 0 0 0 0 0 0 0'],
    ['a test of the line', 'One two, one two, one two. Testing, testing.'],
    ['laughter', 'Ha ha ha ha ha ha ha ha!'],
    ['a question that is asked again', 'Can you hear me now? Can you hear me now? Can you hear me now?'],
    ['thanks', 'Thank you. Thank you. Thank you very much.'],
    ['repeated Japanese', 'はい、はい、はい、はい。'],
  ])('%s', (_, text) => {
    expect(judge({ text })).toBeUndefined();
  });

  test('that is thanks alone, on a bad line', () => {
    for (const text of [' Thank you.', ' Thanks for watching!', 'Bye.', 'ありがとうございました']) {
      expect(judge({ text, noSpeechProb: 0.9, avgLogProb: -0.9 })).toBeUndefined();
    }
  });

  test('that is one short word with all the padding around it, timed badly', () => {
    const words = [{ text: ' Yes.', startS: 10.3, endS: 10.34, probability: 0.1 }];
    expect(judge({ text: ' Yes.', endS: 10.9, words }, 0.33)).toBeUndefined();
    expect(judge({ text: ' Yes.', endS: 10.02 })).toBeUndefined();
  });

  test('that is as fast as an auctioneer', () => {
    const lots = Array.from({ length: 65 }, (_, i) => `lot${i}`);
    expect(judge({ text: lots.join(' '), endS: 20 })).toBeUndefined();
  });

  test('that the detector has not heard, while the model is sure of it', () => {
    expect(judge({ endS: 11.5 }, 0)).toBeUndefined();
  });

  test('and so does nothing at all', () => {
    expect(judge({ text: ' ', avgLogProb: -9, noSpeechProb: 1 }, 0)).toBeUndefined();
  });
});

describe('text in silence', () => {
  test.each([
    ['the model hears none either', { noSpeechProb: 0.9 }, 0.05, 1.5],
    ['the model does not believe in it', { avgLogProb: -1.5 }, 0.05, 1.5],
    ['there is nothing for longer than a timestamp is wrong', { endS: 16 }, 0, 3],
  ])('is made up where %s', (_, given, speechShare, score) => {
    expect(judge(given, speechShare)).toEqual({ reason: 'silence', score: expect.closeTo(score, 6) });
  });

  test.each([
    ' Thank you.',
    ' Thanks for watching!',
    ' THANKS FOR WATCHING Thanks for watching... ',
    ' Bye bye.',
    'ご視聴ありがとうございました。',
    ' Merci d’avoir regardé cette vidéo !',
  ])('is made up where it is a stock phrase: %s', (text) => {
    expect(judge({ text }, QUIET)).toEqual({ reason: 'stock-phrase', score: 1 });
    expect(judge({ text: `${text} Then send it on Monday.` }, QUIET)).toBeUndefined();
  });

  test('is made up where it is the credits of a film, also over music', () => {
    const text = ' Subtitles by the Amara.org community';
    expect(judge({ text }, QUIET)).toEqual({ reason: 'stock-phrase', score: 1 });
    expect(judge({ text, noSpeechProb: 0.9 })).toEqual({ reason: 'stock-phrase', score: expect.closeTo(1.5, 6) });
    expect(judge({ text })).toBeUndefined();
  });

  describe('is made up where its words are anomalies', () => {
    const word = (startS: number, endS: number, probability: number) => ({ text: ' word', startS, endS, probability });

    test.each([
      ['all are unlikely', [word(10, 11, 0.1), word(11, 12, 0.14)], 2 / 1.99],
      ['three are unlikely', [0.1, 0.1, 0.1, 0.9, 0.9].map((p, i) => word(10 + i, 10.5 + i, p)), 1],
      ['one lasts too long', [word(10, 13, 0.9)], 1 / 0.99],
      ['one is too short for a word', [word(10, 10.05, 0.9)], (0.083 * 15) / 0.99],
    ])('because %s', (_, words, score) => {
      expect(judge({ words }, QUIET)).toEqual({ reason: 'word-anomaly', score: expect.closeTo(score, 6) });
      expect(judge({ words })).toBeUndefined();
    });

    test.each([
      ['two of four are unlikely', [0.1, 0.1, 0.9, 0.9].map((p, i) => word(10 + i, 10.5 + i, p))],
      ['the unlikely ones come late', Array.from({ length: 12 }, (_, i) => word(10 + i, 10.5 + i, i < 8 ? 0.9 : 0.1))],
      ['there are only marks', [{ ...word(10, 10, 0), text: '...' }]],
      ['there are none', []],
    ])('but not because %s', (_, words) => {
      expect(judge({ words }, QUIET)).toBeUndefined();
    });
  });
});

describe('repetition', () => {
  test.each([
    ['a word', times(12, 'so ')],
    ['a phrase', times(4, 'Thank you, Mr. President, ')],
    ['a sentence', times(4, "I'm going to be a bad person. ")],
    ['a phrase in other speech', `Well then. ${times(6, 'you know, ')} That was it.`],
    ['a word of a script without spaces', times(12, 'はい、')],
  ])('is %s again and again', (_, text) => {
    expect(judge({ text, endS: 40 })).toEqual({ reason: 'repetition', score: expect.any(Number) });
  });

  test('counts words, whatever their case and punctuation', () => {
    expect(judge({ text: times(3, 'No. no, NO! no '), endS: 40 })?.reason).toBe('repetition');
    expect(judge({ text: times(2, 'No. no, NO! no '), endS: 40 })).toBeUndefined();
  });

  test('of any words is found from four times and twelve words on, and not before', () => {
    const vocabulary = fc.uniqueArray(fc.stringMatching(/^[a-z]{3,6}$/), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(vocabulary, fc.integer({ min: 1, max: 14 }), (words, count) => {
        const text = Array.from({ length: count }, () => words.join(' ')).join(' ');
        const isLoop = count >= 4 && count * words.length >= 12;
        expect(judge({ text, endS: 200 })?.reason).toBe(isLoop ? 'repetition' : undefined);
      }),
      { seed: 20_261_126, numRuns: 200 },
    );
  });
});

test('more words than anybody can say in the time are made up', () => {
  const sentence = 'This is a rather long sentence that nobody can say in a second.';
  expect(judge({ text: sentence, endS: 13 })).toBeUndefined();
  expect(judge({ text: sentence, endS: 10.5 })).toEqual({ reason: 'rate', score: expect.closeTo(63 / 40, 6) });
  expect(judge({ text: 'a b c d e f g h i j k l m n o p', endS: 11 })?.reason).toBe('rate');
});

test('what the model does not believe in after its last temperature is unlikely', () => {
  expect(judge({ avgLogProb: -1 })).toBeUndefined();
  expect(judge({ avgLogProb: -1.5 })).toEqual({ reason: 'unlikely', score: 1.5 });
});

test('of several reasons the surest is given', () => {
  const bad = { text: times(40, 'Thank you. '), avgLogProb: -2, noSpeechProb: 0.9, endS: 10.5 };
  expect(judge(bad, 0)?.reason).toBe('silence');
  expect(judge(bad, QUIET)?.reason).toBe('stock-phrase');
  expect(judge(bad)?.reason).toBe('repetition');
  expect(judge({ ...bad, text: 'Words and '.repeat(3) + 'a b c d e f g h i j' })?.reason).toBe('rate');
});

test('the share of speech is that of the samples', () => {
  const regions = [
    { startSample: 8000, endSample: 16_000 },
    { startSample: 32_000, endSample: 64_000 },
  ];
  expect(speechShareOf(regions, 0, 4)).toBe(0.625);
  expect(speechShareOf(regions, 1, 2)).toBe(0);
  expect(speechShareOf(regions, 2.25, 2.5)).toBe(1);
  expect(speechShareOf(regions, 0.75, 1.25)).toBe(0.5);
  expect(speechShareOf([], 0, 4)).toBe(0);
  expect(speechShareOf(regions, 2, 2)).toBe(0);
});

test('every verdict is beyond its line, and a worse segment is never judged better', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const segment = fc.record({
    text: fc.constantFrom(' Hello.', ' Thank you.', ' no'.repeat(20), ' Subtitles by the Amara.org community'),
    endS: fc.double({ min: 10.02, max: 40, noNaN: true }),
    avgLogProb: fc.double({ min: -3, max: 0, noNaN: true }),
    compressionRatio: fc.double({ min: 0, max: 5, noNaN: true }),
    noSpeechProb: share,
  });
  fc.assert(
    fc.property(segment, share, (given, speechShare) => {
      const verdict = judge(given, speechShare);
      expect(verdict?.score ?? 1).toBeGreaterThanOrEqual(1);
      if (verdict === undefined) return;
      const worse = { ...given, avgLogProb: given.avgLogProb - 1, compressionRatio: given.compressionRatio + 1 };
      expect(judge({ ...worse, noSpeechProb: 1 }, speechShare / 2)).toBeDefined();
    }),
    { seed: 20_261_126, numRuns: 500 },
  );
});
