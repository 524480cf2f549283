import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { audioOf, type AudioPart } from '../parity/recipe';
import { witness } from '../parity/witness';
import { describeUnless } from '../support/describe-unless';

/** Weights of Whisper tiny's exact shapes, but random: see tiny-shaped.test.ts. */
const TINY_SHAPED = process.env.WHISPER_TINY_SHAPED ?? '';

interface Step {
  readonly likeliest: number;
  readonly highest: number;
  readonly logSumExp: number;
  /** Of {@link Reference.vocabulary}. */
  readonly logits: readonly number[];
}

/** transformers on PyTorch, with the weights out of the ONNX files, reading all tokens at once. */
interface Reference {
  readonly vocabulary: readonly number[];
  readonly inputs: readonly {
    readonly audio: readonly AudioPart[];
    readonly header: readonly number[];
    readonly tokens: readonly number[];
    readonly encoder: {
      readonly positions: readonly number[];
      readonly channels: readonly number[];
      readonly values: readonly (readonly number[])[];
    };
    /** Behind the header, and behind each token. */
    readonly steps: readonly Step[];
  }[];
}

const unavailable = existsSync(path.join(TINY_SHAPED, 'config.json'))
  ? undefined
  : `WHISPER_TINY_SHAPED=${TINY_SHAPED} holds no model`;

describeUnless(unavailable, "a model of Whisper tiny's shapes, a token at a time over the cache", () => {
  const { vocabulary, inputs } = witness('tiny-shaped') as Reference;
  let outputs: readonly { readonly encoder: readonly (readonly number[])[]; readonly steps: readonly Step[] }[];

  beforeAll(() => {
    const request = {
      store: path.dirname(TINY_SHAPED),
      model: path.basename(TINY_SHAPED),
      vocabulary,
      inputs: inputs.map(({ audio, ...rest }) => {
        const samples = audioOf(audio);
        return {
          ...rest,
          samples: Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).toString('base64'),
        };
      }),
    };
    const script = path.join(__dirname, '../support/forced-logits.js');
    const output = execFileSync(process.execPath, [script], {
      input: JSON.stringify(request),
      encoding: 'utf8',
      maxBuffer: 16 * 2 ** 20,
    });
    outputs = JSON.parse(output) as typeof outputs;
  }, 120_000);

  const largestDifference = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);

  it('encodes audio as PyTorch does', () => {
    inputs.forEach(({ encoder }, i) => {
      expect(largestDifference(encoder.values.flat(), outputs[i]!.encoder.flat())).toBeLessThan(1e-3);
    });
  });

  it('comes to the same logits at every step, and to the same likeliest token', () => {
    let largest = 0;
    let steps = 0;
    inputs.forEach((input, i) => {
      expect(outputs[i]!.steps.length).toBe(input.tokens.length + 1);
      input.steps.forEach((reference, at) => {
        const ours = outputs[i]!.steps[at]!;
        expect([i, at, ours.likeliest]).toEqual([i, at, reference.likeliest]);
        const difference = largestDifference(
          [...reference.logits, reference.highest, reference.logSumExp],
          [...ours.logits, ours.highest, ours.logSumExp],
        );
        largest = Math.max(largest, difference);
        steps++;
      });
    });
    console.log(`${steps} steps of ${vocabulary.length} logits: largest difference ${largest.toExponential(1)}`);
    expect(largest).toBeLessThan(1e-3);
  });
});
