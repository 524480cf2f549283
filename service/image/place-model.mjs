// Puts one model into the model store of the image, compiled, with the checksums that the server compares at its start:
//
//   place-model.mjs MODEL int8|fp32 STORE          (in /src, where the server is compiled in /app)
//
// MODEL is a folder below service/models, with or without the prefix `whisper-`, else a name on the hub. It is compiled
// from its files in single precision; a folder that has none keeps its published layout.
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** What the server reads beside the weights, and what says whose the model is. */
const FILES = [
  'config.json',
  'generation_config.json',
  'preprocessor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'README.md',
  'LICENSE',
];

const [model, quantization, store] = process.argv.slice(2);
const require = createRequire('/app/build/');
const { compileModel } = require('./service/src/compiler/compile-model.js');
const { modelFolder, openModelDirectory } = require('./service/src/engine/model-directory.js');
const { writeModelChecksums } = require('./service/src/engine/model-integrity.js');

/** What each precision is compiled to: which processor the image will run on is not known here. */
const VARIANTS = { int8: ['int8', 'int7'], fp32: ['fp32'] };

const local = [`whisper-${model}`, model].some((name) => existsSync(path.join('service/models', name, 'config.json')));
const sourceStore = local ? 'service/models' : fetchFromHub();
const target = path.join(store, `whisper-${model.slice(model.indexOf('/') + 1).replace(/^whisper-/, '')}`);
const folder = modelFolder(sourceStore, model);
mkdirSync(target, { recursive: true });
for (const file of FILES) {
  if (existsSync(path.join(folder, file))) copyFileSync(path.join(folder, file), path.join(target, file));
}
if (['model.safetensors', 'onnx/encoder_model.onnx'].some((file) => existsSync(path.join(folder, file)))) {
  await compileModel(folder, target, VARIANTS[quantization]);
} else {
  const { encoderPath, decoderPath } = openModelDirectory(sourceStore, model, quantization);
  mkdirSync(path.join(target, 'onnx'));
  for (const file of [encoderPath, decoderPath]) copyFileSync(file, path.join(target, 'onnx', path.basename(file)));
  await writeModelChecksums(target);
}
openModelDirectory(store, model, quantization);

/** With the packages of `whisper-stt fetch`, which the image itself does not get. */
function fetchFromHub() {
  const folder = '/tmp/hub';
  for (const file of ['package.json', 'package-lock.json', 'service/package.json', 'service/bin']) {
    cpSync(file, path.join(folder, file), { recursive: true });
  }
  cpSync('/app/build', path.join(folder, 'build'), { recursive: true });
  const options = { cwd: folder, stdio: 'inherit' };
  execFileSync(
    'npm',
    ['ci', '--ignore-scripts', '--omit=dev', '--workspace=service', '--no-audit', '--no-fund'],
    options,
  );
  execFileSync(process.execPath, ['service/bin/whisper-stt.js', 'fetch', model], {
    ...options,
    env: { ...process.env, STT_MODEL_STORE: path.join(folder, 'store'), STT_QUANTIZATION: 'fp32' },
  });
  return path.join(folder, 'store');
}
