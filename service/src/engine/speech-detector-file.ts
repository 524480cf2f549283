import { existsSync } from 'node:fs';
import path from 'node:path';

/** `service/models/silero-vad`, seen from `build/service/src/engine`. */
const FILE = path.resolve(__dirname, '../../../../service/models/silero-vad/silero_vad_16k.onnx');

/** The detector that comes with the server; undefined where an installation has left it out. */
export function speechDetectorFile(): string | undefined {
  return existsSync(FILE) ? FILE : undefined;
}
