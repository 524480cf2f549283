import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findInputs } from '../../../../service/src/cli/transcribe/find-inputs';

describe('findInputs', () => {
  let folder: string;
  const at = (file: string): string => path.join(folder, file);
  const write = (file: string): void => {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    writeFileSync(at(file), '');
  };
  const relativePaths = async (argument: string, isRaw = false): Promise<string[]> =>
    (await findInputs([argument], isRaw)).inputs.map(({ relativePath }) => relativePath);

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'inputs-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('takes a file as it is named, whatever it is called', async () => {
    write('notes.txt');
    expect(await findInputs([at('notes.txt')], false)).toEqual({
      inputs: [{ name: at('notes.txt'), path: at('notes.txt'), relativePath: 'notes.txt' }],
      empty: [],
    });
  });

  it('leaves it to the reader to say that a file is not there', async () => {
    expect((await findInputs(['absent.wav'], false)).inputs).toEqual([
      { name: 'absent.wav', path: path.resolve('absent.wav'), relativePath: 'absent.wav' },
    ]);
  });

  it('finds the audio below a folder, in the order of its numbers', async () => {
    for (const file of ['call-10.wav', 'call-2.MP3', 'deep/er/a.opus', 'notes.txt', '.hidden.wav']) write(file);
    expect(await relativePaths(folder)).toEqual(['call-2.MP3', 'call-10.wav', 'deep/er/a.opus']);
    const [first] = (await findInputs([folder], false)).inputs;
    expect(first).toMatchObject({ name: at('call-2.MP3'), path: at('call-2.MP3') });
  });

  it('finds files of samples below a folder where the samples are described', async () => {
    for (const file of ['a.wav', 'b.pcm', 'c.ulaw']) write(file);
    expect(await relativePaths(folder, true)).toEqual(['b.pcm', 'c.ulaw']);
  });

  it('expands a glob that no shell has expanded, below its fixed part', async () => {
    for (const file of ['calls/a.wav', 'calls/b/c.wav', 'calls/d.txt', 'other/e.wav']) write(file);
    expect(await relativePaths(at('calls/**/*.wav'))).toEqual(['a.wav', 'b/c.wav']);
    expect(await relativePaths(at('{calls,other}/*.wav'))).toEqual(['calls/a.wav', 'other/e.wav']);
    expect(await relativePaths(at('calls/d.*'))).toEqual(['d.txt']);
  });

  it('takes a file whose name looks like a glob for a file', async () => {
    write('take[1].wav');
    write('take1.wav');
    expect(await relativePaths(at('take[1].wav'))).toEqual(['take[1].wav']);
  });

  it('takes each file once, however often it is named', async () => {
    write('a.wav');
    const { inputs } = await findInputs([at('a.wav'), at('*.wav'), folder], false);
    expect(inputs).toHaveLength(1);
  });

  it('says which folders and globs hold nothing', async () => {
    const pattern = at('*.wav');
    expect(await findInputs([folder, pattern, '-'], false)).toEqual({
      inputs: [{ name: '-', path: undefined, relativePath: 'stdin' }],
      empty: [folder, pattern],
    });
  });

  it('comes to an end in a folder that holds itself', async () => {
    write('a.wav');
    symlinkSync(folder, at('again'));
    expect(await relativePaths(folder)).toContain('a.wav');
  });
});
