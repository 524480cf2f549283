// Prints transformers.js' log-mel features of a WAV file (16 kHz, 16 bit, mono), as base64 of float32.
// A process of its own: ONNX Runtime cannot be loaded inside jest.
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { WhisperFeatureExtractor } from '@xenova/transformers';

const [model, file] = process.argv.slice(2);
const wav = readFileSync(file);
const samples = Float32Array.from({ length: (wav.length - 44) >> 1 }, (_, i) => wav.readInt16LE(44 + 2 * i) / 32768);
const extractor = new WhisperFeatureExtractor(JSON.parse(readFileSync(`${model}/preprocessor_config.json`, 'utf8')));
const { input_features: features } = await extractor(samples.subarray(0, 480_000));
process.stdout.write(Buffer.from(features.data.buffer).toString('base64'));
