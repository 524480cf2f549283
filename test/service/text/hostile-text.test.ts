import fc from 'fast-check';
import { segmentCues } from '../../../service/src/text/cue';
import { segmentLines } from '../../../service/src/text/segment-lines';
import { srt } from '../../../service/src/text/srt';
import { tsv } from '../../../service/src/text/tsv';
import { vtt } from '../../../service/src/text/vtt';
import { wordCues } from '../../../service/src/text/word-cues';
import { segmentOf, wordsOf } from './segment-of';

/** Texts made of what could break a format. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom('-->', '--->', '->', '-', '\n', '\r', '\r\n', '\n\n', '\t', '\0', '\u0085', '\u2028', '\u2029'),
      fc.constantFrom('<b>', '&lt;', '&', '00:00:00.000', '1', 'NOTE', 'STYLE', 'WEBVTT', ' ', 'word'),
      fc.string({ unit: 'grapheme' }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

/** Control characters, and all that ends a line for one reader or another (Python's `splitlines`, SRT's tools). */
const LINE_ENDS = /[^\P{Cc}\t]|[\u2028\u2029]/u;
const BLANK_LINE_BETWEEN_CUES = '\n\n';

function blocksOf(file: string): readonly string[] {
  expect(file.endsWith(BLANK_LINE_BETWEEN_CUES)).toBe(true);
  return file.slice(0, -BLANK_LINE_BETWEEN_CUES.length).split(BLANK_LINE_BETWEEN_CUES);
}

describe('text that nobody can choose to break a format with', () => {
  it.each([
    ['segments', (texts: readonly string[]) => segmentCues(texts.map((text) => segmentOf({ text: `a${text}` })))],
    [
      'words',
      (texts: readonly string[]) =>
        wordCues([segmentOf({ text: 'of no interest', words: wordsOf(...texts.map((text) => `a${text}`)) })], {
          maxWordsPerLine: 1,
        }),
    ],
  ])('a cue of %s stays one cue, with one arrow, in SRT and WebVTT', (_, cuesOf) => {
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 1, maxLength: 4 }), (texts) => {
        const cues = cuesOf(texts);
        for (const blocks of [blocksOf(srt(cues)), blocksOf(vtt(cues, 'always')).slice(1)]) {
          expect(blocks).toHaveLength(texts.length);
          for (const block of blocks) {
            expect(block.split('-->')).toHaveLength(2);
            expect(block.slice(block.indexOf('-->')).split('\n')).toHaveLength(2);
            expect(block.replaceAll('\n', '')).not.toMatch(LINE_ENDS);
          }
        }
      }),
    );
  });

  it('a row of TSV has three columns, and a line of plain text is one segment', () => {
    fc.assert(
      fc.property(fc.array(hostileText, { maxLength: 4 }), (texts) => {
        const segments = texts.map((text) => segmentOf({ text: `a${text}` }));
        const rows = tsv(segments).split('\n');
        expect(rows).toHaveLength(texts.length + 2);
        for (const row of rows.slice(0, -1)) {
          expect(row.split('\t')).toHaveLength(3);
          expect(row).not.toMatch(LINE_ENDS);
        }
        expect(segmentLines(segments).split('\n')).toHaveLength(texts.length + 1);
      }),
    );
  });

  it('WebVTT shows markup and the names of characters as they were said', () => {
    const cues = segmentCues([segmentOf({ text: ' <script>1 < 2</script> &lt; R&D <00:01.000>' })]);
    expect(vtt(cues, 'always')).toBe(
      'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n' +
        '&lt;script>1 &lt; 2&lt;/script> &amp;lt; R&amp;D &lt;00:01.000>\n\n',
    );
  });

  it('an arrow with a longer shaft is no arrow either', () => {
    expect(srt(segmentCues([segmentOf({ text: 'a ----> b' })]))).toContain('\na -> b\n');
  });
});
