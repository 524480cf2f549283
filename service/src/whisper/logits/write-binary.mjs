// Writes logits.wat, assembled, as a TypeScript file. `npm run build:logits`.
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import wabt from 'wabt';

/** The module's bytes; the same text gives the same ones. */
export async function assembled() {
  const { parseWat } = await wabt();
  const source = readFileSync(new URL('logits.wat', import.meta.url), 'utf8');
  const module = parseWat('logits.wat', source, { simd: true });
  try {
    module.validate();
    return Buffer.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

if (argv[1] === new URL(import.meta.url).pathname) {
  const binary = (await assembled()).toString('base64');
  writeFileSync(
    new URL('logits-binary.ts', import.meta.url),
    `/** logits.wat as WebAssembly. Written by write-binary.mjs. */
export const LOGITS_BINARY =
  '${binary}';
`,
  );
}
