import { segmentCues } from '../../../service/src/text/cue';
import { segmentLines } from '../../../service/src/text/segment-lines';
import { srt } from '../../../service/src/text/srt';
import { tsv } from '../../../service/src/text/tsv';
import { vtt } from '../../../service/src/text/vtt';
import { wordCues } from '../../../service/src/text/word-cues';
import type { Segment } from '../../../service/src/whisper/segments';
import { witness } from '../../parity/witness';
import { segmentOf } from './segment-of';

interface WrittenSegment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly words?: readonly { readonly word: string; readonly start: number; readonly end: number }[];
}

const REFERENCE = witness('openai-whisper-writers') as {
  readonly segments: readonly {
    readonly segments: readonly WrittenSegment[];
    readonly txt: string;
    readonly tsv: string;
    readonly srt: string;
    readonly vtt: string;
  }[];
  readonly words: readonly {
    readonly segments: readonly WrittenSegment[];
    readonly layouts: readonly {
      readonly maxLineWidth: number | null;
      readonly maxLineCount: number | null;
      readonly maxWordsPerLine: number | null;
      readonly srt: string;
      readonly vtt: string;
    }[];
  }[];
};

function segmentsOf(written: readonly WrittenSegment[]): readonly Segment[] {
  return written.map(({ start, end, text, words }) =>
    segmentOf({
      text,
      startS: start,
      endS: end,
      words: words?.map((word) => ({
        text: word.word,
        startS: word.start,
        endS: word.end,
        confidence: 1,
        probability: 1,
      })),
    }),
  );
}

describe("openai-whisper's own writers, byte for byte", () => {
  it.each(REFERENCE.segments.map((each, n) => [n, each] as const))('segments, transcript %i', (_, reference) => {
    const segments = segmentsOf(reference.segments);
    expect(segmentLines(segments)).toBe(reference.txt);
    expect(tsv(segments)).toBe(reference.tsv);
    expect(srt(segmentCues(segments))).toBe(reference.srt);
    expect(vtt(segmentCues(segments), 'as needed')).toBe(reference.vtt);
  });

  const laidOut = REFERENCE.words.flatMap(({ segments, layouts }, n) =>
    layouts.map((layout) => {
      const { maxLineWidth, maxLineCount, maxWordsPerLine } = layout;
      const name = `width ${maxLineWidth ?? '–'}, lines ${maxLineCount ?? '–'}, words ${maxWordsPerLine ?? '–'}`;
      return [name, n, segments, layout] as const;
    }),
  );

  it.each(laidOut)('words with %s, transcript %i', (_, __, written, layout) => {
    const cues = wordCues(segmentsOf(written), {
      maxLineWidth: layout.maxLineWidth ?? undefined,
      maxLineCount: layout.maxLineCount ?? undefined,
      maxWordsPerLine: layout.maxWordsPerLine ?? undefined,
    });
    expect(srt(cues)).toBe(layout.srt);
    expect(vtt(cues, 'as needed')).toBe(layout.vtt);
  });
});
