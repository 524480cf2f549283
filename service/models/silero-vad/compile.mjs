// Writes silero_vad_16k.onnx: the published network as matrix products. import.sh runs it: `npm run import:silero`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DETECTOR_GRAPH_VERSION, speechDetectorGraph } from '../../../build/service/src/compiler/speech-detector-graph.js';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const published = readFileSync(file('published/silero_vad_16k_sequence.onnx'));
writeFileSync(file('silero_vad_16k.onnx'), speechDetectorGraph(published).build(DETECTOR_GRAPH_VERSION));
