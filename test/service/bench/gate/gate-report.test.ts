import { differenceOf, gateTable, judge, scoreTranscripts } from '../../../../service/bench/gate/gate-report';
import type { LabelledRecording } from '../../../../service/bench/gate/labelled-recordings';

const RECORDINGS: readonly LabelledRecording[] = [
  { file: 'a.wav', text: 'Please, turn the light on.' },
  { file: 'b.wav', text: 'Two eight nine six.' },
  { file: 'c.wav', text: '' },
];

describe('the accuracy gate', () => {
  const baseline = scoreTranscripts('fp32', RECORDINGS, ['please turn the light on', 'Two, eight, nine.', '']);
  const worse = scoreTranscripts('int8', RECORDINGS, ['please turn light off', 'Two, eight, nine.', 'Uh.']);

  it('counts substitutions, insertions and deletions of words, without case and punctuation', () => {
    expect(baseline).toMatchObject({ words: 9, errors: 1, rate: 100 / 9 });
    expect(worse.recordings.map(({ words, errors }) => [words, errors])).toEqual([
      [5, 2],
      [4, 1],
      [0, 1],
    ]);
    expect(worse).toMatchObject({ words: 9, errors: 4 });
  });

  it('compares what was counted on the same recordings', () => {
    const { points, interval } = differenceOf(worse, baseline);
    expect(points).toBeCloseTo(100 / 3, 10);
    expect(interval[0]).toBeLessThanOrEqual(points);
    expect(interval[1]).toBeGreaterThanOrEqual(points);
    expect(differenceOf(baseline, baseline)).toEqual({ points: 0, interval: [0, 0] });
  });

  it('lets a difference pass up to its limit', () => {
    expect(judge(worse, baseline, 33.4).passes).toBe(true);
    expect(judge(worse, baseline, 33.3).passes).toBe(false);
    expect(judge(baseline, worse, 0).passes).toBe(true);
  });

  it('is told as a table', () => {
    const table = gateTable(
      baseline,
      [[worse, judge(worse, baseline, 0.5)]],
      [{ ...baseline, name: 'openai-whisper' }],
    );
    expect(table.split('\n')).toEqual([
      expect.stringMatching(/^ +words +errors +WER +points more \(95 %\)$/),
      expect.stringMatching(/^fp32 +9 +1 +11\.11 % +baseline$/),
      expect.stringMatching(/^openai-whisper +9 +1 +11\.11 % +0\.00 \(0\.00 to 0\.00\)$/),
      expect.stringMatching(/^int8 +9 +4 +44\.44 % +\+33\.33 \(.* to \+.*\) {2}fails$/),
    ]);
  });
});
