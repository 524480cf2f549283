// Puts one model into the model store of the image, with the checksums that the server compares at its start:
//
//   place-model.mjs MODEL int8|fp32 STORE          (in /src, where the server is compiled in /app)
//
// MODEL is a folder below service/models, with or without the prefix `whisper-`, else a name on the hub.
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
const { openModelDirectory } = require('./service/src/engine/model-directory.js');
const { writeModelChecksums } = require('./service/src/engine/model-integrity.js');

const local = [`whisper-${model}`, model].some((name) => existsSync(path.join('service/models', name, 'config.json')));
const source = openModelDirectory(local ? 'service/models' : fetchFromHub(), model, quantization);
const target = path.join(store, `whisper-${model.slice(model.indexOf('/') + 1).replace(/^whisper-/, '')}`);
mkdirSync(path.join(target, 'onnx'), { recursive: true });
for (const file of FILES) {
  if (existsSync(path.join(source.path, file))) copyFileSync(path.join(source.path, file), path.join(target, file));
}
for (const file of [source.encoderPath, source.decoderPath]) {
  copyFileSync(file, path.join(target, 'onnx', path.basename(file)));
}
await writeModelChecksums(target);
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
    env: { ...process.env, STT_MODEL_STORE: path.join(folder, 'store'), STT_QUANTIZATION: quantization },
  });
  return path.join(folder, 'store');
}
