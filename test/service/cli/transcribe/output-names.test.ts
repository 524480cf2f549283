import type { Input } from '../../../../service/src/cli/transcribe/find-inputs';
import { outputNames } from '../../../../service/src/cli/transcribe/output-names';

const input = (relativePath: string, folder = '/audio'): Input => ({
  name: relativePath,
  path: `${folder}/${relativePath}`,
  relativePath,
});
const names = (...inputs: readonly Input[]): string[] => [...outputNames(inputs, 'srt').values()];

describe('outputNames', () => {
  it('mirrors the folders below what was named', () => {
    expect(names(input('a.wav'), input('calls/today/a.wav'), input('noextension'))).toEqual([
      'a.srt',
      'calls/today/a.srt',
      'noextension.srt',
    ]);
  });

  it('keeps the extension where two files differ in nothing else', () => {
    expect(names(input('a.wav'), input('a.mp3'), input('b.wav'))).toEqual(['a.wav.srt', 'a.mp3.srt', 'b.srt']);
  });

  it('tells files of the same name in two folders apart, whatever their order', () => {
    const [x, y] = [input('a.wav', '/x'), input('a.wav', '/y')];
    const [first, second] = names(x, y);
    expect(first).toMatch(/^a\.wav-[0-9a-f]{8}\.srt$/);
    expect(second).toMatch(/^a\.wav-[0-9a-f]{8}\.srt$/);
    expect(first).not.toBe(second);
    expect(names(y, x)).toEqual([second, first]);
  });

  it('counts names as the same that differ in case alone', () => {
    expect(names(input('A.wav'), input('a.mp3'))).toEqual(['A.wav.srt', 'a.mp3.srt']);
  });

  it('sees the collision that a longer name would make', () => {
    const all = names(input('a.wav'), input('a.mp3'), input('a.wav.flac'));
    expect(new Set(all).size).toBe(3);
  });

  it('never leaves the output folder', () => {
    expect(names(input('../../etc/a.wav'))).toEqual(['etc/a.srt']);
  });

  it('names standard input', () => {
    expect(names({ name: '-', path: undefined, relativePath: 'stdin' })).toEqual(['stdin.srt']);
  });
});
