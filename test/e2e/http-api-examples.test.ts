import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from '../support/built';
import { NANO } from '../support/nano';
import { ServerProcess } from '../support/server-process';

const run = promisify(execFile);

/** Commands of the page, and what stands below each. */
const EXAMPLES = [
  ...readFileSync(path.join(REPOSITORY, 'docs/http-api.md'), 'utf8').matchAll(
    /```sh\n(?<command>curl .*)\n```\n\n```text\n(?<answer>[^]*?)\n```/g,
  ),
].map(({ groups }) => [groups!.command!, groups!.answer!] as const);

/** Times and probabilities differ from machine to machine in their last digits, and are cut on the page. */
const withoutNumbers = (text: string): string => text.replaceAll(/\d+[.,]\d+/g, 'N').trim();

describe('the examples of docs/http-api.md', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start();
  });
  afterAll(() => server.stop());

  it('are of every route that takes audio, and of each of its bodies', () => {
    const commands = EXAMPLES.map(([command]) => command).join('\n');
    for (const what of ['/v1/audio/transcriptions', '/inference', '/asr', '/detect-language', '/transcribe']) {
      expect(commands).toContain(`http://127.0.0.1:8000${what}`);
    }
    for (const what of ['--data-binary', 'stream=true']) expect(commands).toContain(what);
  });

  it.each(EXAMPLES)('are answered as they say: %s', async (command, answer) => {
    const here = command
      .replace(/^curl /, 'curl --silent --show-error --fail-with-body ')
      .replace('http://127.0.0.1:8000', server.url);
    const { stdout } = await run('sh', ['-c', here], { cwd: path.join(NANO, 'samples') });
    expect(withoutNumbers(stdout)).toBe(withoutNumbers(answer));
  });
});
