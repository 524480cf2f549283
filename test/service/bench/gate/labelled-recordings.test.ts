import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readLabelledRecordings } from '../../../../service/bench/gate/labelled-recordings';
import { REPOSITORY } from '../../../support/built';
import { NANO, SAMPLES } from '../../../support/nano';

describe('recordings with their words', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'recordings-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, content = ''): string => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };

  it('are read as LibriSpeech lays them out, chapter by chapter', () => {
    const second = write('test-clean/61/70968/61-70968-0000.flac');
    const first = write('test-clean/1089/134686/1089-134686-0000.flac');
    const wav = write('test-clean/1089/134686/1089-134686-0001.wav');
    write('test-clean/61/70968/61-70968.trans.txt', '61-70968-0000 HE BEGAN A CONFUSED COMPLAINT\n');
    write(
      'test-clean/1089/134686/1089-134686.trans.txt',
      '1089-134686-0000 HE HOPED THERE WOULD BE STEW\n1089-134686-0001  STUFF IT INTO YOU\n',
    );
    expect(readLabelledRecordings(folder)).toEqual([
      { file: first, text: 'HE HOPED THERE WOULD BE STEW' },
      { file: wav, text: 'STUFF IT INTO YOU' },
      { file: second, text: 'HE BEGAN A CONFUSED COMPLAINT' },
    ]);
  });

  it('are read as the embedded model has its samples', () => {
    const recordings = readLabelledRecordings(path.join(NANO, 'samples'));
    expect(recordings.map(({ file, text }) => [path.basename(file), text])).toEqual(
      SAMPLES.map(({ file, text }) => [file, text]),
    );
    expect(new Set(recordings.map(({ language }) => language))).toEqual(new Set(['en', 'es', 'de', undefined]));
  });

  it('are read as the held-out set has them, parts of files', () => {
    const recordings = readLabelledRecordings(path.join(REPOSITORY, 'test/fixtures/held-out'));
    expect(recordings).toHaveLength(302);
    expect(recordings[1]).toMatchObject({ text: 'Two eight nine six.', language: 'en', startSample: 39_690 });
  });

  it('are asked for where there are none, and where one is lost', () => {
    write('readme.txt');
    expect(() => readLabelledRecordings(folder)).toThrow(
      /has no recordings: expected manifest\.json, transcripts\.json or/,
    );
    write('1.trans.txt', '1-1-0000 HELLO\n');
    expect(() => readLabelledRecordings(folder)).toThrow(/has the words of .*1-1-0000\.flac, but no such file/);
  });
});
