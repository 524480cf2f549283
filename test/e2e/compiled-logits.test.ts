import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { VariantStore, variantsOf } from '../../service/bench/gate/model-variant';
import { onnxWeights } from '../../service/src/compiler/onnx-weights';
import { modelShapeOf } from '../../service/src/engine/model-shape';
import { CompiledStore } from '../support/compiled-store';
import { describeUnless } from '../support/describe-unless';
import { NANO } from '../support/nano';
import { F32, namedTensors, safetensorsFile } from '../support/safetensors-writer';

/** Weights of Whisper tiny's exact shapes, but random: see tiny-shaped.test.ts. Their texts have ties, their logits not. */
const TINY_SHAPED = process.env.WHISPER_TINY_SHAPED ?? '';
const INPUTS = 50;
const STEPS = 12;

/** Largest absolute differences on one input. */
interface Difference {
  readonly logits: number;
  /** Absent where the published files do not put out their cross-attentions. */
  readonly attention?: number;
  readonly attendedLogits?: number;
}

interface ComparedModel {
  readonly title: string;
  /** In the published layout. */
  readonly folder: string;
  /** What the text begins with. */
  readonly header: readonly number[];
  /** Tokens below are text. */
  readonly textTokens: number;
  /** Whether the published files put out their cross-attentions. */
  readonly attends: boolean;
  /** Whether the weights are compiled out of safetensors, and not out of the published files. */
  readonly asSafetensors: boolean;
}

const NANO_MODEL = { folder: NANO, header: [641, 642, 646, 650], textTokens: 640, attends: true };

const MODELS: readonly ComparedModel[] = [
  { ...NANO_MODEL, title: 'the embedded model', asSafetensors: false },
  { ...NANO_MODEL, title: 'the embedded model, out of safetensors', asSafetensors: true },
  {
    title: "a model of Whisper tiny's shapes",
    folder: TINY_SHAPED,
    header: [50_258, 50_259, 50_359, 50_363],
    textTokens: 50_257,
    attends: false,
    asSafetensors: false,
  },
];

/** The embedded model as transformers stores it, without ONNX files: the copy's folder. */
function withSafetensors(model: string, folder: string): string {
  for (const file of ['config.json', 'generation_config.json', 'tokenizer.json']) {
    copyFileSync(path.join(model, file), path.join(folder, file));
  }
  const config = JSON.parse(readFileSync(path.join(model, 'config.json'), 'utf8')) as unknown;
  const [encoder, decoder] = ['encoder_model', 'decoder_model_merged'].map((name) =>
    readFileSync(path.join(model, 'onnx', `${name}.onnx`)),
  );
  const weights = onnxWeights(modelShapeOf({ config, path: model }), encoder!, decoder!);
  writeFileSync(path.join(folder, 'model.safetensors'), safetensorsFile(namedTensors(weights), F32));
  return folder;
}

describe.each(MODELS)(
  '$title, compiled in single precision',
  ({ title, folder, header, textTokens, attends, asSafetensors }) => {
    const unavailable = existsSync(path.join(folder, 'config.json'))
      ? undefined
      : `WHISPER_TINY_SHAPED=${folder} holds no model`;

    describeUnless(unavailable, `${title} on ${INPUTS} synthetic inputs under forced tokens`, () => {
      let compiled: CompiledStore;
      /** Of the published files alone, whatever lies beside them. */
      let published: VariantStore;
      let differences: readonly Difference[];

      beforeAll(async () => {
        const source = mkdtempSync(path.join(os.tmpdir(), 'source-'));
        try {
          compiled = await CompiledStore.of(asSafetensors ? withSafetensors(folder, source) : folder, ['fp32']);
        } finally {
          rmSync(source, { recursive: true });
        }
        published = VariantStore.of(
          folder,
          variantsOf(folder).find(({ name }) => name === 'published fp32')!,
        );
        const script = path.join(__dirname, '../support/compare-layouts.js');
        const request = {
          models: [
            { store: published.path, name: published.model },
            { store: compiled.path, name: path.basename(compiled.model) },
          ],
          threads: 2,
          seeds: INPUTS,
          header,
          textTokens,
          steps: STEPS,
        };
        const output = execFileSync(process.execPath, [script], { input: JSON.stringify(request), encoding: 'utf8' });
        differences = JSON.parse(output) as readonly Difference[];
      }, 600_000);
      afterAll(() => {
        compiled.remove();
        published.remove();
      });

      it('comes to the logits of the published files, within 1e-3', () => {
        const largest = Math.max(...differences.map(({ logits }) => logits));
        console.log(`${title}: logits differ by ${largest.toExponential(1)} at most on ${differences.length} inputs`);
        expect(differences).toHaveLength(INPUTS);
        expect(largest).toBeLessThan(1e-3);
      });

      if (!attends) return;

      it('attends to the same moments where words are timed', () => {
        const largest = Math.max(...differences.map(({ attention }) => attention!));
        console.log(`${title}: attentions differ by ${largest.toExponential(1)} at most`);
        expect(largest).toBeLessThan(1e-4);
        expect(Math.max(...differences.map(({ attendedLogits }) => attendedLogits!))).toBeLessThan(1e-3);
      });
    });
  },
);
