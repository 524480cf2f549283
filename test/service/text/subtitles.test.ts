import { segmentCues } from '../../../service/src/text/cue';
import { srt } from '../../../service/src/text/srt';
import { vtt } from '../../../service/src/text/vtt';
import { wordCues } from '../../../service/src/text/word-cues';
import { segmentOf, wordsOf } from './segment-of';

const SEGMENTS = [
  segmentOf({ text: ' Good morning.', startS: 0.5, endS: 2 }),
  segmentOf({ text: ' And good night.', startS: 3600, endS: 3661.25 }),
];

it('SRT numbers its cues from 1, or from where it is told', () => {
  const cues = segmentCues(SEGMENTS);
  expect(srt(cues)).toBe(
    '1\n00:00:00,500 --> 00:00:02,000\nGood morning.\n\n2\n01:00:00,000 --> 01:01:01,250\nAnd good night.\n\n',
  );
  expect(srt(cues, 6)).toMatch(/^6\n[^]*\n\n7\n/);
});

it("WebVTT has hours always, as in OpenAI's API, or as needed, as in openai/whisper", () => {
  const cues = segmentCues(SEGMENTS);
  expect(vtt(cues, 'always')).toContain('\n00:00:00.500 --> 00:00:02.000\nGood morning.\n\n01:00:00.000 --> ');
  expect(vtt(cues, 'as needed')).toContain('\n00:00.500 --> 00:02.000\nGood morning.\n\n01:00:00.000 --> ');
});

it('a transcript without speech is an empty file of its format', () => {
  expect(srt([])).toBe('');
  expect(vtt([], 'always')).toBe('WEBVTT\n\n');
});

it('words that are blank make no cue and no line', () => {
  const segment = segmentOf({ text: ' a  b', words: wordsOf(' ', ' a', '  ', ' b', ' ') });
  expect(wordCues([segment], { maxWordsPerLine: 1 }).map(({ lines }) => lines)).toEqual([['a'], ['b']]);
  expect(wordCues([segment], { maxLineWidth: 1, maxLineCount: 2 }).map(({ lines }) => lines)).toEqual([['a', 'b']]);
});

it('the width of a line counts characters, whatever UTF-16 makes of them', () => {
  const segment = segmentOf({ text: ' 🎉🎉 🎉', words: wordsOf(' 🎉🎉', ' 🎉') });
  expect(wordCues([segment], { maxLineWidth: 4 })[0]!.lines).toEqual(['🎉🎉 🎉']);
});
