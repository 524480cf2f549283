import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The bytes of a file of test/fixtures/audio, in an ArrayBuffer of their own. */
export function audioFixture(file: string): Uint8Array {
  return Uint8Array.from(readFileSync(join(__dirname, '../fixtures/audio', file)));
}
