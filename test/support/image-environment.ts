import path from 'node:path';
import { imageMemorySettings as settingsOf } from '../../service/bench/image-memory-settings';

/** What service/Dockerfile sets for Node.js and malloc. */
export function imageMemorySettings(): Readonly<Record<string, string>> {
  return settingsOf(path.join(__dirname, '../../service/Dockerfile'));
}
