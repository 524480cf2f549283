import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readHeldOutSet, subsetOf } from '../../../../service/bench/calibration/held-out-set';

describe('a held-out set', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'held-out-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('needs no more than files and texts', () => {
    writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify([{ file: 'a.wav', text: 'Yes.' }]));

    expect(readHeldOutSet(folder)).toEqual([
      { file: 'a.wav', text: 'Yes.', group: 'all', family: 'a.wav', voice: 'a.wav' },
    ]);
  });

  it('is stood for by the first few of each family of each group', () => {
    const rows = ['a', 'a', 'b', 'a', 'b'].map((family, index) => ({
      file: `${index}.wav`,
      text: '',
      group: 'all',
      family,
      voice: family,
    }));

    expect(subsetOf(rows, 2).map(({ file }) => file)).toEqual(['0.wav', '1.wav', '2.wav', '4.wav']);
  });
});
