import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FinishedWork, type Source } from '../../../../service/src/cli/transcribe/finished-work';

const SOURCE: Source = { relativePath: 'a.wav', bytes: 1000, modifiedMs: 1_700_000_000_123.5, settings: 'abc' };

describe('FinishedWork', () => {
  let folder: string;
  let journal: string;
  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(os.tmpdir(), 'finished-')), 'made/on/demand');
    journal = path.join(folder, '.whisper-stt.jsonl');
  });
  afterEach(() => {
    rmSync(path.resolve(folder, '../../..'), { recursive: true });
  });

  it('remembers over runs what was finished', async () => {
    const work = await FinishedWork.open(folder);
    expect(work.has('a.srt', SOURCE)).toBe(false);
    await work.add('a.srt', SOURCE);
    expect(work.has('a.srt', SOURCE)).toBe(true);
    expect((await FinishedWork.open(folder)).has('a.srt', SOURCE)).toBe(true);
  });

  it.each<[string, Partial<Source>]>([
    ['size', { bytes: 1001 }],
    ['time', { modifiedMs: 1_700_000_000_124 }],
    ['settings', { settings: 'abd' }],
    ['name', { relativePath: 'b.wav' }],
  ])('knows audio with another %s for other work', async (_, change) => {
    const work = await FinishedWork.open(folder);
    await work.add('a.srt', SOURCE);
    expect(work.has('a.srt', { ...SOURCE, ...change })).toBe(false);
  });

  it('lets the last line about a transcript count', async () => {
    const work = await FinishedWork.open(folder);
    await work.add('a.srt', SOURCE);
    await work.add('a.srt', { ...SOURCE, bytes: 2 });
    const later = await FinishedWork.open(folder);
    expect([later.has('a.srt', SOURCE), later.has('a.srt', { ...SOURCE, bytes: 2 })]).toEqual([false, true]);
  });

  it('makes nothing of a line that was cut off, and goes on behind it', async () => {
    await (await FinishedWork.open(folder)).add('a.srt', SOURCE);
    appendFileSync(journal, '{"output":"b.srt","relati');
    const work = await FinishedWork.open(folder);
    await work.add('c.srt', SOURCE);
    const later = await FinishedWork.open(folder);
    expect(['a.srt', 'b.srt', 'c.srt'].map((output) => later.has(output, SOURCE))).toEqual([true, false, true]);
    expect(readFileSync(journal, 'utf8').split('\n')).toHaveLength(4);
  });

  it('makes nothing of lines that are something else', async () => {
    await FinishedWork.open(folder);
    writeFileSync(journal, 'null\n7\n[]\n{"output":3}\n\n');
    expect((await FinishedWork.open(folder)).has('a.srt', SOURCE)).toBe(false);
  });

  it('says at once that the folder cannot be made', async () => {
    const file = path.join(path.resolve(folder, '../../..'), 'file');
    writeFileSync(file, '');
    chmodSync(file, 0o444);
    await expect(FinishedWork.open(path.join(file, 'below'))).rejects.toThrow('ENOTDIR');
  });
});
