import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  renameSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compileModel } from '../../../service/src/compiler/compile-model';
import { onnxWeights } from '../../../service/src/compiler/onnx-weights';
import type { CompiledVariant } from '../../../service/src/engine/compiled-variant';
import { compiledFileNames, openModelDirectory } from '../../../service/src/engine/model-directory';
import { verifyModelFiles, writeModelChecksums } from '../../../service/src/engine/model-integrity';
import { modelShapeOf } from '../../../service/src/engine/model-shape';
import { VERSION } from '../../../service/src/version';
import { NANO } from '../../support/nano';
import { BF16, F16, F32, namedTensors, safetensorsFile, type NamedTensor } from '../../support/safetensors-writer';

const TEXTS = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];
const ENCODER = 'onnx/encoder_model.onnx';
const DECODER = 'onnx/decoder_model_merged.onnx';
const ALL: readonly CompiledVariant[] = ['int8', 'int7', 'fp32'];

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const config = JSON.parse(readFileSync(path.join(NANO, 'config.json'), 'utf8')) as Readonly<Record<string, unknown>>;
const tensors = namedTensors(
  onnxWeights(
    modelShapeOf({ config, path: NANO }),
    readFileSync(path.join(NANO, ENCODER)),
    readFileSync(path.join(NANO, DECODER)),
  ),
);

describe('compileModel', () => {
  let folder: string;
  /** A model without weights. */
  let source: string;
  let out: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'compile-'));
    source = path.join(folder, 'whisper-source');
    out = path.join(folder, 'whisper-nano');
    for (const file of TEXTS) cpSync(path.join(NANO, file), path.join(source, file));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const withOnnx = (): void => {
    for (const file of [ENCODER, DECODER]) cpSync(path.join(NANO, file), path.join(source, file));
  };
  const withSafetensors = (bytes: Uint8Array): void => {
    writeFileSync(path.join(source, 'model.safetensors'), bytes);
  };

  it('writes the same bytes each time, and says by a manifest of what', async () => {
    const manifests = [await compileModel(NANO, out, ALL), await compileModel(NANO, path.join(folder, 'again'), ALL)];
    expect(manifests[1]).toEqual(manifests[0]);
    const compiled = path.join(out, 'compiled');
    expect(JSON.parse(readFileSync(path.join(compiled, 'manifest.json'), 'utf8'))).toEqual(manifests[0]);
    expect(manifests[0]).toMatchObject({
      format: 4,
      compiler: VERSION,
      source: { [ENCODER]: sha256(path.join(NANO, ENCODER)), [DECODER]: sha256(path.join(NANO, DECODER)) },
    });
    const names = [...ALL.flatMap((each) => Object.values(compiledFileNames(each))), 'vocabulary.bin'];
    expect(readdirSync(compiled).sort()).toEqual([...names, 'manifest.json'].sort());
    for (const name of names) {
      const hash = sha256(path.join(compiled, name));
      expect([name, manifests[0]!.files[name]]).toEqual([name, hash]);
      expect(sha256(path.join(folder, 'again/compiled', name))).toBe(hash);
    }
  });

  it('says each file and its bytes as it is written', async () => {
    const told = new Map<string, number>();
    await compileModel(NANO, out, ['int8'], (name, bytes) => told.set(name, bytes));
    expect([...told.keys()]).toEqual([
      'vocabulary.bin',
      'encoder.int8.onnx',
      'encoder.int8.onnx_data',
      'decoder.int8.onnx',
      'decoder.int8.onnx_data',
      'alignment.int8.onnx',
    ]);
    for (const [name, bytes] of told) expect(readFileSync(path.join(out, 'compiled', name)).length).toBe(bytes);
  });

  it('takes configuration and tokenizer along, and writes checksums that sha256sum agrees with', async () => {
    await compileModel(NANO, out, ['fp32']);
    for (const file of TEXTS) expect(sha256(path.join(out, file))).toBe(sha256(path.join(NANO, file)));
    const check = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: out, encoding: 'utf8' });
    expect([check.status, check.stdout]).toEqual([0, expect.stringContaining('compiled/encoder.fp32.onnx: OK')]);
    const directory = openModelDirectory(folder, 'nano', 'fp32');
    expect(directory).toMatchObject({ layout: 'compiled', variant: 'fp32' });
    expect([...(await verifyModelFiles(directory)).keys()]).toEqual(
      expect.arrayContaining(['compiled/alignment.fp32.onnx', 'compiled/encoder.fp32.onnx_data']),
    );
  });

  it.each([F16, BF16])('reads weights in $dtype as the numbers that they are', async (format) => {
    const rounded = tensors.map(([name, dims, data]): NamedTensor => [name, dims, data.map(format.rounded)]);
    withSafetensors(safetensorsFile(rounded, F32));
    const { files } = await compileModel(source, out, ['fp32']);
    withSafetensors(safetensorsFile(rounded, format));
    const manifest = await compileModel(source, out, ['fp32']);
    expect(manifest.files).toEqual(files);
    expect(manifest.source).toEqual({ 'model.safetensors': sha256(path.join(source, 'model.safetensors')) });
    withSafetensors(safetensorsFile(tensors, F32));
    expect((await compileModel(source, out, ['fp32'])).files).not.toEqual(files);
  });

  it('prefers safetensors, whose weights need not be looked for', async () => {
    withOnnx();
    withSafetensors(safetensorsFile(tensors, F32));
    expect(Object.keys((await compileModel(source, out, ['fp32'])).source)).toEqual(['model.safetensors']);
  });

  describe('in place', () => {
    beforeEach(async () => {
      withOnnx();
      await compileModel(source, source, ['fp32']);
    });
    const compiledFiles = (): string[] => readdirSync(path.join(source, 'compiled')).sort();

    it('leaves the published files where they are', () => {
      expect(sha256(path.join(source, ENCODER))).toBe(sha256(path.join(NANO, ENCODER)));
      expect(compiledFiles()).toContain('encoder.fp32.onnx');
    });

    it('replaces what was there before, all of it', async () => {
      await compileModel(source, source, ['int7']);
      expect(compiledFiles()).toEqual([
        'alignment.int7.onnx',
        'decoder.int7.onnx',
        'decoder.int7.onnx_data',
        'encoder.int7.onnx',
        'encoder.int7.onnx_data',
        'manifest.json',
        'vocabulary.bin',
      ]);
      expect(readdirSync(source).filter((name) => name.startsWith('compiled'))).toEqual(['compiled']);
      expect(spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: source }).status).toBe(0);
    });

    it('leaves the old one as it was when it fails on the way, and nothing of the new one', async () => {
      const before = compiledFiles().map((name) => sha256(path.join(source, 'compiled', name)));
      const checksums = sha256(path.join(source, 'SHA256SUMS'));
      const full = new Error('no space left');
      const failing = compileModel(source, source, ['fp32'], (name) => {
        if (name === 'decoder.fp32.onnx') throw full;
      });
      await expect(failing).rejects.toBe(full);
      expect(compiledFiles().map((name) => sha256(path.join(source, 'compiled', name)))).toEqual(before);
      expect(sha256(path.join(source, 'SHA256SUMS'))).toBe(checksums);
      expect(existsSync(path.join(source, 'compiled.partial'))).toBe(false);
    });

    it('takes away what an interrupted run left', async () => {
      for (const left of ['compiled.partial', 'compiled.replaced']) {
        cpSync(path.join(source, 'compiled'), path.join(source, left), { recursive: true });
      }
      await compileModel(source, source, ['fp32']);
      expect(readdirSync(source).filter((name) => name.startsWith('compiled'))).toEqual(['compiled']);
    });

    it('puts back what was there before when a run was ended in the moment of replacing it', async () => {
      renameSync(path.join(source, 'compiled'), path.join(source, 'compiled.replaced'));
      writeFileSync(path.join(source, 'config.json'), 'damaged meanwhile');
      await expect(compileModel(source, source, ['int7'])).rejects.toMatchObject({ code: 'model_invalid' });
      expect(compiledFiles()).toContain('encoder.fp32.onnx');
    });

    it.each([DECODER, 'tokenizer.json'])(
      'does not vouch for %s where it is not what its checksum said',
      async (file) => {
        await writeModelChecksums(source);
        appendFileSync(path.join(source, file), ' ');
        await expect(compileModel(source, source, ['fp32'])).rejects.toMatchObject({
          code: 'model_corrupt',
          message: expect.stringMatching(new RegExp(`: ${file} is [0-9a-f]{64}, expected [0-9a-f]{64}`)),
        });
      },
    );

    it('does not mind what was compiled before, which it replaces', async () => {
      await writeModelChecksums(source);
      appendFileSync(path.join(source, 'compiled/alignment.fp32.onnx'), ' ');
      await compileModel(source, source, ['fp32']);
      expect(spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: source }).status).toBe(0);
    });
  });

  describe('refuses', () => {
    const refusal = (message: RegExp): Promise<void> =>
      expect(compileModel(source, out, ['fp32'])).rejects.toMatchObject({
        code: 'model_invalid',
        message: expect.stringMatching(message),
      });
    const withConfig = (changes: Readonly<Record<string, unknown>>): void => {
      writeFileSync(path.join(source, 'config.json'), JSON.stringify({ ...config, ...changes }));
    };
    afterEach(() => {
      expect(existsSync(out)).toBe(false);
    });

    it('a folder without a configuration, or with that of another model', async () => {
      rmSync(path.join(source, 'config.json'));
      await refusal(/cannot read .*config\.json/);
      withConfig({ model_type: 'wav2vec2' });
      await refusal(/model_type is "wav2vec2", expected "whisper"/);
    });

    it('a folder without weights, or with half of them', async () => {
      await refusal(/no weights in single precision: expected model\.safetensors, or onnx\/encoder_model\.onnx and/);
      cpSync(path.join(NANO, ENCODER), path.join(source, ENCODER));
      await refusal(/no weights in single precision/);
    });

    it('files that are quantized', async () => {
      for (const file of [ENCODER, DECODER]) {
        cpSync(path.join(NANO, file.replace('.onnx', '_quantized.onnx')), path.join(source, file));
      }
      await refusal(/quantized.*: take the files in single precision/);
    });

    it('what is no ONNX model', async () => {
      for (const file of [ENCODER, DECODER]) {
        cpSync(path.join(NANO, 'tokenizer.json'), path.join(source, file));
      }
      await refusal(/not those of a Whisper model as published/);
    });

    it.each([
      [{ d_model: 320 }, /config\.json says|no positions/],
      [{ d_model: 192 }, /d_model 192 is no multiple of decoder_attention_heads 5/],
      [{ encoder_attention_heads: 4 }, /encoder_attention_heads is 4, expected as many/],
      [{ num_mel_bins: 128 }, /convolution 1 is 160 × 80, config\.json says 160 × 128/],
      [{ encoder_layers: 3 }, /4 attentions, expected 3/],
      [{ decoder_layers: 3 }, /4 attentions, expected 6/],
      [{ vocab_size: 2000 }, /no token embedding: no constant of 2000 × 160/],
      [{ max_source_positions: 1400 }, /no positions: no constant of 1400 × 160/],
    ])('ONNX files that are not of this shape: %j', async (changes, message) => {
      withOnnx();
      withConfig(changes);
      await refusal(message);
    });

    it.each([
      [{ d_model: 320 }, /config\.json says/],
      [{ num_mel_bins: 128 }, /convolution 1 is 160 × 80, config\.json says 160 × 128/],
      [{ encoder_layers: 5 }, /no tensor model\.encoder\.layers\.4\.self_attn_layer_norm/],
      [{ vocab_size: 2000 }, /embed_tokens\.weight is 2152 × 160, config\.json says 2000 × 160/],
    ])('safetensors that are not of this shape: %j', async (changes, message) => {
      withSafetensors(safetensorsFile(tensors, F32));
      withConfig(changes);
      await refusal(message);
    });

    it('layers that are not of the width that they are between', async () => {
      const name = 'model.decoder.layers.1.fc2.weight';
      withSafetensors(
        safetensorsFile(
          tensors.map(([each, dims, data]) => (each === name ? [each, [640, 160], data] : [each, dims, data])),
          F32,
        ),
      );
      await refusal(/decoder layer 1, second layer of the MLP is 640 × 160, config\.json says 160 × 640/);
    });

    it('weights that are not finite numbers', async () => {
      const name = 'model.encoder.layers.0.fc1.weight';
      const broken = tensors.map(([each, dims, data]): NamedTensor => {
        const copy = data.slice();
        if (each === name) copy[7] = NaN;
        return [each, dims, copy];
      });
      withSafetensors(safetensorsFile(broken, F32));
      await refusal(/encoder layer 0, first layer of the MLP holds what is not a finite number/);
    });

    it('safetensors that end too early, wherever they do', async () => {
      const bytes = safetensorsFile(tensors, BF16);
      const headerEnd = 8 + Number(Buffer.from(bytes).readBigUInt64LE());
      for (const [length, message] of [
        [0, /ends within its header/],
        [5, /ends within its header/],
        [headerEnd - 1, /ends within its header/],
        [headerEnd, /ends within model\./],
        [bytes.length - 1, /ends within model\./],
      ] as const) {
        withSafetensors(bytes.subarray(0, length));
        await refusal(message);
      }
    });

    it('safetensors with a header that is none, or of other numbers', async () => {
      withSafetensors(Buffer.from('\x05\0\0\0\0\0\0\0hello'));
      await refusal(/not those of a Whisper model as published/);
      const name = 'model.encoder.conv1.weight';
      const bytes = Buffer.from(safetensorsFile(tensors, BF16)).toString('latin1');
      const withType = (dtype: string): void => {
        withSafetensors(
          Buffer.from(bytes.replace(`"${name}":{"dtype":"BF16"`, `"${name}":{"dtype":"${dtype}"`), 'latin1'),
        );
      };
      // As long as the right one, so that the header's length still is.
      withType('BOOL');
      await refusal(/model\.encoder\.conv1\.weight is BOOL, expected F32, F16 or BF16/);
      const wider = bytes.replace(
        `"${name}":{"dtype":"BF16","shape":[160,80,3]`,
        `"${name}":{"dtype":"BF16","shape":[160,80,4]`,
      );
      withSafetensors(Buffer.from(wider, 'latin1'));
      await refusal(/model\.encoder\.conv1\.weight has 76800 bytes for 160 × 80 × 4 of BF16/);
    });
  });
});
