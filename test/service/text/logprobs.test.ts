import { BpeTokenizer } from '../../../service/src/engine/text-tokenizer';
import { transcriptionJson } from '../../../service/src/text/json';
import { logprobs } from '../../../service/src/text/logprobs';
import { NANO } from '../../support/nano';
import { segmentOf } from './segment-of';

/** Half of a character by itself, as Whisper's vocabulary has them. */
const PIECES: readonly Uint8Array[] = [Buffer.from(' Gr'), Uint8Array.of(0xc3), Uint8Array.of(0xbc), Buffer.from('n')];
const END_OF_TEXT = PIECES.length;
const vocabulary = {
  tokenizer: {
    bytesOf: (token: number) => PIECES[token] ?? new Uint8Array(),
    decode: (tokens: readonly number[]) =>
      Buffer.concat(tokens.map((token) => PIECES[token] ?? new Uint8Array())).toString('utf8'),
  },
  special: { endOfText: END_OF_TEXT },
};
const TIMESTAMP = END_OF_TEXT + 1;
const segments = [
  segmentOf({ text: ' Grü', tokens: [TIMESTAMP, 0, 1, 2, TIMESTAMP], tokenLogProbs: [-9, -0.1, -0.2, -0.3, -9] }),
  segmentOf({ text: 'n', tokens: [TIMESTAMP, 3, TIMESTAMP], tokenLogProbs: [-9, -0.4, -9] }),
];

it('log-probabilities are those of the text tokens, in their order, over all segments', () => {
  expect(logprobs(segments, vocabulary)).toEqual([
    { token: ' Gr', bytes: [0x20, 0x47, 0x72], logprob: -0.1 },
    { token: '\ufffd', bytes: [0xc3], logprob: -0.2 },
    { token: '\ufffd', bytes: [0xbc], logprob: -0.3 },
    { token: 'n', bytes: [0x6e], logprob: -0.4 },
  ]);
});

it('the bytes of all tokens together are the text', () => {
  const bytes = logprobs(segments, vocabulary).flatMap((each) => each.bytes);
  expect(Buffer.from(bytes).toString('utf8')).toBe(' Grün');
});

it('json has them where they are asked for, and no such field elsewhere', () => {
  const transcription = {
    text: 'Grün',
    segments,
    language: 'de',
    languageProbability: undefined,
    languageCandidates: undefined,
    durationS: 1.5,
    confidence: 0.9,
  };
  expect(transcriptionJson(transcription, vocabulary).logprobs).toHaveLength(4);
  expect(JSON.stringify(transcriptionJson(transcription))).toBe(
    '{"text":"Grün","usage":{"type":"duration","seconds":2}}',
  );
});

it("the model's vocabulary gives each token its bytes, and special tokens none", () => {
  const tokenizer = new BpeTokenizer({ path: NANO });
  for (let token = 0; token < 640; token++) {
    expect(Buffer.from(tokenizer.bytesOf(token)).toString('utf8')).toBe(tokenizer.decode([token]));
    expect(tokenizer.bytesOf(token).length).toBeGreaterThan(0);
  }
  expect(tokenizer.bytesOf(641)).toHaveLength(0);
  expect(tokenizer.bytesOf(1_000_000)).toHaveLength(0);
});
