import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { REPOSITORY } from '../support/built';
import { sample } from '../support/nano';

const BIN = path.join(REPOSITORY, 'service/bin/whisper-stt.js');

/** The command line in a process of its own, with what it has written so far. */
class Command {
  readonly child: ChildProcess;
  readonly closed: Promise<unknown>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], cwd: string, environment: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [BIN, 'transcribe', ...args], {
      cwd,
      env: { PATH: process.env.PATH, ...environment },
      stdio: 'pipe',
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.closed = once(this.child, 'close');
  }

  async end(): Promise<this> {
    this.child.stdin!.end();
    await this.closed;
    return this;
  }

  get code(): number | null {
    return this.child.exitCode;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.child.exitCode !== null) throw new Error(`ended before: ${this.stdout}${this.stderr}`);
      await sleep(10);
    }
  }
}

describe('whisper-stt transcribe', () => {
  let folder: string;
  const at = (file: string): string => path.join(folder, file);
  const put = (file: string, from = 'en-01.wav'): void => {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    writeFileSync(at(file), sample(from).bytes);
  };
  const run = (...args: readonly string[]): Promise<Command> => new Command(args, folder).end();
  const read = (file: string): string => readFileSync(at(file), 'utf8');
  const [text1, text2] = [sample('en-01.wav').text, sample('en-02.wav').text];

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'transcribe-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('prints files of a folder and of a quoted glob, each behind its name', async () => {
    put('calls/a.wav');
    put('calls/b/c.wav', 'en-02.wav');
    writeFileSync(at('calls/notes.txt'), 'not audio');
    for (const argument of ['calls', 'calls/**/*.wav']) {
      const { code, stdout, stderr } = await run(argument);
      expect([code, stdout]).toEqual([0, `calls/a.wav: ${text1}\ncalls/b/c.wav: ${text2}\n`]);
      expect(stderr).toMatch(/^2 transcribed, 0 failed; 0\.\d min of audio in [\d.]+ s \([\d.]+× real time\)$/m);
    }
  });

  it('reads standard input, as a file and as samples', async () => {
    const file = new Command(['-q', '-'], folder);
    file.child.stdin!.write(sample('en-01.wav').bytes);
    const samples = new Command(['-q', '--raw-encoding', 's16le', '-'], folder);
    samples.child.stdin!.write(sample('en-01.wav').bytes.subarray(44));
    for (const command of [file, samples]) {
      await command.end();
      expect([command.code, command.stdout, command.stderr]).toEqual([0, `${text1}\n`, '']);
    }
  });

  it('prints one line of JSON a file with jsonl, also for those that fail, and lists these at the end', async () => {
    put('a.wav');
    writeFileSync(at('b.wav'), 'no audio');
    const { code, stdout, stderr } = await run(
      '--format',
      'jsonl',
      '--word-timestamps',
      'a.wav',
      'b.wav',
      'none/*.wav',
    );
    expect(code).toBe(1);
    const [none, a, b, ...rest] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(a).toMatchObject({
      file: 'a.wav',
      text: text1,
      language: 'english',
      segments: [{ start: expect.any(Number) }],
      words: expect.arrayContaining([expect.objectContaining({ word: 'hundred' })]),
    });
    expect(none).toEqual({ file: 'none/*.wav', error: { code: 'no_files', message: 'no audio files are there' } });
    expect(rest).toEqual([]);
    expect(b).toEqual({ file: 'b.wav', error: { code: 'unsupported_format', message: expect.any(String) } });
    expect(stderr).toContain('none/*.wav: no_files: ');
    expect(stderr).toMatch(
      /1 transcribed, 2 failed; .*\nfailed:\n {2}none\/\*\.wav \(no_files\)\n {2}b\.wav \(unsupp\w+\)\n$/,
    );
  });

  it('loads no model where there is nothing to transcribe', async () => {
    const { code, stderr } = await run('none/*.wav');
    expect([code, stderr]).toEqual([1, 'none/*.wav: no_files: no audio files are there\n']);
  });

  it('--quiet says nothing but errors', async () => {
    put('a.wav');
    const { code, stdout, stderr } = await run('--quiet', 'a.wav', 'absent.wav');
    expect([code, stdout]).toEqual([1, `a.wav: ${text1}\n`]);
    expect(stderr).toMatch(/^absent\.wav: ENOENT: .*\n$/);
  });

  it('--output-dir mirrors folders, and tells names that would collide apart', async () => {
    put('calls/a.wav');
    put('calls/b/a.wav', 'en-02.wav');
    put('a.mp3', 'en-02.wav');
    const { code, stdout } = await run('--output-dir', 'out/texts', 'calls', 'a.mp3');
    expect([code, stdout]).toEqual([0, '']);
    expect(read('out/texts/a.wav.txt')).toBe(`${text1}\n`);
    expect(read('out/texts/a.mp3.txt')).toBe(`${text2}\n`);
    expect(read('out/texts/b/a.txt')).toBe(`${text2}\n`);
    expect(readdirSync(at('out/texts')).sort()).toEqual(['.whisper-stt.jsonl', 'a.mp3.txt', 'a.wav.txt', 'b']);
  });

  it.each([
    ['json', 'json', { text: text1, usage: { type: 'duration', seconds: 5 } }],
    ['verbose_json', 'json', { text: text1, task: 'transcribe', segments: [{ id: 0 }] }],
    ['jsonl', 'jsonl', { text: text1, file: 'a.wav', segments: [{ id: 0 }] }],
  ])('--output-dir writes %s', async (format, extension, content) => {
    put('a.wav');
    await run('--output-dir', 'out', '--format', format, 'a.wav');
    expect(JSON.parse(read(`out/a.${extension}`))).toMatchObject(content);
  });

  it('writes subtitles that fit a screen', async () => {
    put('a.wav');
    const { stdout } = await run('--format', 'srt', '--word-timestamps', '--max-words-per-line', '6', 'a.wav');
    expect(stdout).toMatch(
      /^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\nI want to pay four hundred\n\n2\n00:00:0\d,\d{3} --> 00:00:03,\d{3}\n/,
    );
    const { stdout: plain } = await run('--format', 'vtt', 'a.wav');
    expect(plain).toMatch(/^WEBVTT\n\n00:00:00\.\d{3} --> 00:00:03\.\d{3}\nI want .*\n\n$/);
  });

  it.each(['srt', 'vtt', 'tsv'])('writes %s of several files only into a folder', async (format) => {
    put('a.wav');
    put('b.wav', 'en-02.wav');
    const refused = await run('--format', format, '*.wav');
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain(`--format ${format} of 2 files needs --output-dir`);
    expect((await run('--format', format, '--output-dir', 'out', '*.wav')).code).toBe(0);
    for (const [name, text] of [
      ['a', text1],
      ['b', text2],
    ]) {
      expect(read(`out/${name!}.${format}`).replaceAll('\n', ' ')).toContain(text!.split(' ').slice(0, 3).join(' '));
    }
  });

  it('--output-dir refuses what would take the place of the audio, and a folder that cannot be made', async () => {
    put('a.txt');
    writeFileSync(at('file'), '');
    for (const [output, reason] of [
      ['.', '--output-dir: a transcript would take the place of a.txt'],
      ['file/below', '--output-dir: ENOTDIR'],
    ]) {
      const { code, stderr } = await run('--output-dir', output!, 'a.txt');
      expect([code, stderr]).toEqual([2, expect.stringContaining(reason!)]);
    }
    expect(readdirSync(folder).sort()).toEqual(['a.txt', 'file']);
    expect(statSync(at('a.txt')).size).toBe(sample('en-01.wav').bytes.length);
  });

  it('--resume leaves out what is whole, and makes anew what has changed or is gone', async () => {
    for (const name of ['a', 'b', 'c', 'd']) put(`${name}.wav`);
    const first = await run('--output-dir', 'out', '*.wav');
    expect(first.stderr).toMatch(/^4 transcribed, 0 failed; /m);
    const again = await run('--output-dir', 'out', '--resume', '*.wav');
    expect([again.code, again.stderr]).toEqual([0, '0 transcribed, 0 failed, 4 were there already\n']);

    put('a.wav', 'en-02.wav'); // another recording
    utimesSync(at('b.wav'), new Date(), new Date(1000)); // touched
    unlinkSync(at('out/c.txt'));
    const changed = await run('--output-dir', 'out', '--resume', '*.wav');
    expect(changed.stderr).toMatch(/^3 transcribed, 0 failed, 1 were there already; /m);
    expect(['a', 'b', 'c', 'd'].map((name) => read(`out/${name}.txt`))).toEqual(
      [text2, text1, text1, text1].map((text) => `${text}\n`),
    );

    const otherOptions = await run('--output-dir', 'out', '--resume', '--language', 'en', '*.wav');
    expect(otherOptions.stderr).toMatch(/^4 transcribed/m);
    const withoutResume = await run('--output-dir', 'out', '--language', 'en', '*.wav');
    expect(withoutResume.stderr).toMatch(/^4 transcribed/m);
  }, 60_000);

  it('Ctrl-C leaves nothing half, says how to go on, and --resume does', async () => {
    for (let number = 1; number <= 12; number++) put(`${number}.wav`);
    const texts = (): string[] =>
      existsSync(at('out')) ? readdirSync(at('out')).filter((name) => name.endsWith('.txt')) : [];
    const command = new Command(['--output-dir', 'out', '*.wav'], folder);
    await command.until(() => texts().length >= 2);
    command.child.kill('SIGINT');
    await command.end();
    const finished = texts().length;
    expect(finished).toBeLessThan(12);
    expect(command.code).toBe(130);
    expect(command.stderr).toContain(
      `interrupted: ${finished} of 12 files are transcribed. The same command with --resume goes on from there.\n`,
    );
    expect(readdirSync(at('out')).filter((name) => name.endsWith('.part'))).toEqual([]);
    for (const name of texts()) expect(read(`out/${name}`)).toBe(`${text1}\n`);

    // As a run leaves it that was killed while it wrote.
    appendFileSync(at('out/.whisper-stt.jsonl'), '{"output":"12.txt",');
    const rest = await run('--output-dir', 'out', '--resume', '*.wav');
    expect(rest.stderr).toMatch(
      new RegExp(`^${12 - finished} transcribed, 0 failed, ${finished} were there already; `, 'm'),
    );
    expect(texts()).toHaveLength(12);
  }, 60_000);

  it('Ctrl-C also ends it while its model loads and it waits for standard input', async () => {
    const command = new Command(['-'], folder);
    const { pid } = command.child;
    await command.until(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8') !== '');
    command.child.kill('SIGINT');
    await command.closed;
    expect([command.code, command.stderr]).toEqual([130, expect.stringContaining('interrupted: 0 of 1 files')]);
  });

  it('ends quietly when nobody reads its output any more', async () => {
    for (let number = 1; number <= 4; number++) put(`${number}.wav`);
    const command = new Command(['*.wav'], folder);
    command.child.stdout!.destroy();
    await command.end();
    expect(command.code).toBe(141);
    expect(command.stderr).not.toContain('EPIPE');
  });

  it('decodes the next file while the engine works on the present one', async () => {
    cpSync(path.join(REPOSITORY, 'service/models/whisper-nano/samples/long-en.wav'), at('long.wav'));
    expect(spawnSync('mkfifo', [at('next.wav')]).status).toBe(0);
    const command = new Command(['long.wav', 'next.wav'], folder);
    // Opens when the other end is opened to be read.
    const pipe = await open(at('next.wav'), 'w');
    expect(command.stdout).toBe('');
    await pipe.writeFile(sample('en-01.wav').bytes);
    await pipe.close();
    await command.end();
    expect(command.code).toBe(0);
    expect(command.stdout).toMatch(/^long\.wav: .*\nnext\.wav: .*\n$/);
  });

  it('takes longer audio than the server does by default, unless the environment says how long it may be', async () => {
    const hour = Buffer.alloc(16_000 * 2 * 1000);
    writeFileSync(at('silence.pcm'), hour);
    const args = ['--raw-encoding', 's16le', 'silence.pcm'];
    expect((await run(...args)).code).toBe(0);
    const limited = await new Command(args, folder, { STT_MAX_AUDIO_SECONDS: '900' }).end();
    expect([limited.code, limited.stderr]).toEqual([1, expect.stringContaining('audio_too_long')]);
  });

  it('does what the examples of its documentation say', () => {
    put('turn.wav');
    put('calls/a.wav');
    put('calls/today/b.wav', 'en-02.wav');
    writeFileSync(at('turn.pcm'), sample('en-01.wav').bytes.subarray(44));
    mkdirSync(at('bin'));
    writeFileSync(at('bin/whisper-stt'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, { mode: 0o755 });
    const page = readFileSync(path.join(REPOSITORY, 'docs/cli.md'), 'utf8');
    const examples = /^## `transcribe`\n\n```sh\n([^`]*)```/m.exec(page)![1]!.trimEnd().split('\n');
    expect(examples.length).toBeGreaterThan(4);
    for (const example of examples) {
      const PATH = `${at('bin')}:${process.env.PATH}`;
      const { status, stderr } = spawnSync('sh', ['-c', example], { cwd: folder, env: { PATH }, encoding: 'utf8' });
      expect([example, status, stderr]).toEqual([example, 0, expect.any(String)]);
    }
    expect(readdirSync(at('subtitles/today'))).toEqual(['b.srt']);
    expect(read('texts/today/b.txt')).toBe(`${text2}\n`);
    expect(read('transcripts.jsonl').trimEnd().split('\n')).toHaveLength(3);
  }, 60_000);

  it('refuses a model that is not there with a code of its own', async () => {
    const command = await new Command(['a.wav'], folder, { STT_MODEL: 'gigantic' }).end();
    expect([command.code, command.stderr]).toEqual([70, expect.stringMatching(/^model_not_found: /)]);
  });
});
