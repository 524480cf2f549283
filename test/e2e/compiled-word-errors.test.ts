import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { GateVerdict, VariantScore } from '../../service/bench/gate/gate-report';
import { hasInt8DotProducts } from '../../service/src/engine/cpu-features';
import { builtPath, REPOSITORY } from '../support/built';
import { CompiledStore } from '../support/compiled-store';
import { ENGLISH_SAMPLES, NANO } from '../support/nano';

interface GateOutcome {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

interface GateResult {
  readonly scores: readonly VariantScore[];
  readonly verdicts: readonly GateVerdict[];
}

/** The accuracy gate, in a process of its own. */
function gate(args: readonly string[]): Promise<GateOutcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [builtPath('service/bench/gate/gate-wer.js'), ...args],
      { cwd: REPOSITORY },
      (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, stdout, stderr });
      },
    );
  });
}

const SAMPLES = path.join(NANO, 'samples');
const HELD_OUT = path.join(REPOSITORY, 'test/fixtures/held-out');
/** Other processors run other kernels, and int8 is for those with 8-bit dot products alone. */
const EIGHT_BITS = ['compiled int8', 'compiled int7'].filter(
  (name) => name !== 'compiled int8' || hasInt8DotProducts(),
);

describe('the compiled model in 8 bits', () => {
  let store: CompiledStore;
  let json: string;
  beforeAll(async () => {
    store = await CompiledStore.of(NANO, ['int8', 'int7', 'fp32']);
    json = path.join(store.path, 'gate.json');
  }, 60_000);
  afterAll(() => {
    store.remove();
  });
  const result = (): GateResult => JSON.parse(readFileSync(json, 'utf8')) as GateResult;

  it('makes at most two more word errors than single precision on the English samples', async () => {
    const { code, stdout } = await gate([
      '--model',
      store.model,
      '--data',
      SAMPLES,
      '--max-difference',
      '1',
      '--json',
      json,
    ]);
    console.log(stdout);
    expect(code).toBe(0);
    const { scores } = result();
    expect(scores.map(({ name }) => name)).toEqual(['compiled fp32', ...EIGHT_BITS]);
    const english = new Set(ENGLISH_SAMPLES.map(({ file }) => file));
    const counts = scores.map(({ recordings }) => {
      const counted = recordings.filter(({ file }) => english.has(path.basename(file)));
      return {
        words: counted.reduce((sum, { words }) => sum + words, 0),
        errors: counted.reduce((sum, { errors }) => sum + errors, 0),
      };
    });
    const [single, ...others] = counts;
    expect(single!.words).toBe(181);
    for (const { errors } of others) expect(errors).toBeLessThanOrEqual(single!.errors + 2);
  }, 120_000);

  it('errs at most half a point more than single precision on more than 2000 held-out words', async () => {
    const { code, stdout } = await gate(['--model', store.model, '--data', HELD_OUT, '--json', json]);
    console.log(stdout);
    expect(code).toBe(0);
    const { scores, verdicts } = result();
    expect(scores[0]!.words).toBeGreaterThan(2000);
    expect(verdicts.map(({ name }) => name)).toEqual(EIGHT_BITS);
    for (const { difference } of verdicts) expect(difference.points).toBeLessThanOrEqual(0.5);
  }, 600_000);

  describe('at the gate', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(path.join(os.tmpdir(), 'gate-'));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    it('fails where it errs more than it may, and the exit code says so', async () => {
      // The published files in 8 bits err where those in single precision do not.
      const { code, stdout } = await gate([
        ...['--model', NANO, '--data', SAMPLES, '--max-difference', '0'],
        ...['--variants', 'published fp32,published int8'],
      ]);
      expect(stdout).toMatch(/^published fp32 .* baseline$/m);
      expect(stdout).toMatch(/^published int8 .*\+\d\.\d\d \(.*\) {2}fails$/m);
      expect(code).toBe(1);
    }, 60_000);

    it.each([
      [[], /--model and --data are needed/],
      [['--model', NANO, '--data', SAMPLES, '--max-difference', 'half'], /--max-difference: "half" is no number/],
      [
        ['--model', NANO, '--data', SAMPLES, '--variants', 'int8'],
        /"int8" is none of .*: published fp32, published int8/,
      ],
      [['--model', NANO, '--data', SAMPLES, '--variants', 'published fp32'], /expected single precision and 8 bits/],
      [['--model', SAMPLES, '--data', SAMPLES], /samples has no files: expected single precision and 8 bits/],
      [['--model', NANO, '--data', os.tmpdir() + '/absent'], /ENOENT/],
      [['--nonsense'], /nonsense/],
    ])('says what is wrong with %j', async (args, message) => {
      const { code, stderr } = await gate(args);
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    });

    it('says where openai-whisper cannot be run', async () => {
      const { code, stderr } = await gate([
        ...['--model', NANO, '--data', SAMPLES, '--limit', '1', '--openai', 'tiny'],
        ...['--python', path.join(folder, 'python3')],
      ]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/cannot run .*python3: .*ENOENT/)]);
    }, 60_000);
  });
});
