import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EXIT_CODES } from '../../lib/contract';
import { REPOSITORY } from '../support/built';
import { NANO, sample } from '../support/nano';
import { whisperStt } from '../support/whisper-stt';

describe('whisper-stt', () => {
  const file = path.join(NANO, 'samples/en-01.wav');

  it('transcribe prints the transcript of a file', async () => {
    const outcome = await whisperStt(['transcribe', '--quiet', file]);
    expect(outcome).toEqual({ code: 0, stdout: `${sample('en-01.wav').text}\n`, stderr: '' });
  });

  it('transcribe goes on after a file that it cannot read, and says so by its exit code', async () => {
    const { code, stdout, stderr } = await whisperStt([
      'transcribe',
      '--quiet',
      'absent.wav',
      path.join(REPOSITORY, 'LICENSE'),
      file,
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^absent\.wav: ENOENT: .*\n.*LICENSE: unsupported_format: /);
    expect(stdout).toContain(sample('en-01.wav').text);
  });

  it('transcribe --strategy sequential seeks from timestamp to timestamp', async () => {
    const { code, stdout } = await whisperStt([
      'transcribe',
      '--strategy',
      'sequential',
      '--format',
      'verbose_json',
      '--language',
      'English',
      file,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ language: 'english', text: sample('en-01.wav').text });
  });

  it('transcribe --word-timestamps times the words, in both strategies', async () => {
    for (const strategy of ['pauses', 'sequential']) {
      const { stdout } = await whisperStt([
        ...['transcribe', '--word-timestamps', '--format', 'verbose_json', '--strategy', strategy, file],
      ]);
      const { words } = JSON.parse(stdout) as { words: { word: string; start: number; end: number }[] };
      expect(words.map(({ word }) => word).join(' ')).toBe(sample('en-01.wav').text);
      expect(words.at(-1)!.end).toBeCloseTo(3.7, 0);
    }
  });

  it('transcribe takes samples without a header, and one channel of several', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'cli-'));
    try {
      const pcm = sample('en-01.wav').bytes.subarray(44);
      const stereo = Buffer.alloc(2 * pcm.length);
      for (let at = 0; at < pcm.length; at += 2) pcm.copy(stereo, 2 * at + 2, at, at + 2);
      const raw = path.join(folder, 'stereo.pcm');
      writeFileSync(raw, stereo);
      const described = ['--raw-encoding', 's16le', '--sample-rate', '16000', '--channels', '2'];
      const right = await whisperStt(['transcribe', ...described, '--channel', '1', raw]);
      expect(right).toMatchObject({ code: 0, stdout: `${sample('en-01.wav').text}\n` });
      expect(await whisperStt(['transcribe', ...described, '--channel', '0', raw])).toMatchObject({ stdout: '\n' });
      const absent = await whisperStt(['transcribe', ...described, '--channel', '2', raw]);
      expect([absent.code, absent.stderr]).toEqual([1, expect.stringContaining('invalid_value')]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('transcribe takes a beam, a temperature and several draws', async () => {
    const text = `${sample('en-01.wav').text}\n`;
    expect(await whisperStt(['transcribe', '--beam-size', '5', file])).toMatchObject({ code: 0, stdout: text });
    const drawn = await whisperStt([
      'transcribe',
      '--temperature',
      '0.2',
      '--best-of',
      '3',
      '--format',
      'verbose_json',
      file,
    ]);
    expect(JSON.parse(drawn.stdout)).toMatchObject({ segments: [{ temperature: 0.2 }] });
  }, 60_000);

  it('serve lists every fault of its environment at once', async () => {
    const { code, stderr } = await whisperStt(['serve'], {
      STT_PORT: 'http',
      STT_QUANTIZATION: 'int4',
      STT_MODLE: 'tiny',
    });
    expect(code).toBe(EXIT_CODES.configuration);
    expect(stderr).toMatch(/^configuration_invalid: 3 faults/);
    for (const name of ['STT_PORT: got "http"', 'STT_QUANTIZATION: got "int4"', 'STT_MODLE: no such variable']) {
      expect(stderr).toContain(name);
    }
  });

  it('serve ends with a code of its own when its model is not there', async () => {
    const { code, stderr } = await whisperStt(['serve'], { STT_MODEL: 'gigantic', STT_PORT: '0' });
    expect(code).toBe(EXIT_CODES.engine);
    expect(stderr).toMatch(/^model_not_found: no model "gigantic" in /);
  });

  it('serve says in one line that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await whisperStt(['serve'], { STT_PORT: String(port) });
    other.close();
    expect(code).toBe(EXIT_CODES.configuration);
    expect(stderr).toMatch(
      /^configuration_invalid: 1 fault in the environment:\n {2}STT_HOST, STT_PORT: cannot listen/,
    );
  });

  it('serve refuses a device that it has no provider for', async () => {
    const { code, stderr } = await whisperStt(['serve'], { STT_DEVICE: 'gpu', STT_PORT: '0' });
    expect(code).toBe(EXIT_CODES.engine);
    expect(stderr).toMatch(/^device_unavailable: /);
  });

  it.each(['serve', 'transcribe', 'doctor', 'fetch', 'demo'])('%s --help says how it is used', async (command) => {
    for (const flag of ['--help', '-h']) {
      const { code, stdout, stderr } = await whisperStt([command, flag], { STT_PORT: 'faulty' });
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(new RegExp(`^Usage: whisper-stt ${command}\\b[^]*\\nExit codes: [^]*\\.\\n$`));
    }
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(path.join(REPOSITORY, 'service/package.json'), 'utf8')) as {
      version: string;
    };
    expect(await whisperStt(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([[[]], [['listen']], [['serve', '--port', '1']]])(
    'answers wrong usage %j with the right one, and exit code 2',
    async (args) => {
      const { code, stdout, stderr } = await whisperStt(args);
      expect(code).toBe(2);
      expect(stdout + stderr).toMatch(/Usage: whisper-stt|ERR_PARSE_ARGS/);
    },
  );

  it.each([
    [[], 'name at least one file'],
    [['--format', 'mp3'], '--format: got "mp3", expected text, json, jsonl,'],
    [['--beam-size', 'x'], '--beam-size: got "x", expected a whole number from 1 to 50'],
    [['--temperature', '9'], '--temperature: got "9", expected a number from 0 to 1'],
    [['--channel='], '--channel: got "", expected a whole number from 0 to 255'],
    [['--language', 'klingon'], 'klingon'],
    [['--carry-prompt'], '--carry-prompt has no effect without --strategy sequential'],
    [['--word-timestamps'], '--word-timestamps has no effect without --format jsonl, verbose_json, srt, vtt'],
    [
      ['--max-line-width', '42', '--format', 'srt'],
      '--max-line-width has no effect without --format srt or vtt and --word-',
    ],
    [['--resume'], '--resume has no effect without --output-dir'],
    [['-', '-'], 'standard input can be read once'],
    [['--output-dir', ''], '--output-dir: got "", expected a folder'],
    [['--sample-rate', '8000'], '--sample-rate has no effect without --raw-encoding'],
    [['--loud'], "Unknown option '--loud'"],
  ])('transcribe refuses %j before it loads a model, and says why', async (args, reason) => {
    const files = args.length === 0 ? [] : ['a.wav'];
    // A model that is not there would be an error of its own.
    const { code, stdout, stderr } = await whisperStt(['transcribe', ...args, ...files], { STT_MODEL: 'absent' });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(reason);
  });

  it('transcribe prints a segment as soon as it is there', async () => {
    const child = spawn(
      process.execPath,
      [path.join(REPOSITORY, 'service/bin/whisper-stt.js'), 'transcribe', path.join(NANO, 'samples/long-en.wav')],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const pieces: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => pieces.push(text));
    await once(child, 'close');
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toMatch(/^\S.*\S\n$/);
  });
});
