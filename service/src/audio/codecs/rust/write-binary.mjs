// Writes a WebAssembly module as a TypeScript file: write-binary.mjs MODULE FILE
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { sourcesHash } from './sources-hash.mjs';

const [module, file] = process.argv.slice(2);
const notice = readFileSync(new URL('NOTICE', import.meta.url), 'utf8').trim();
const bytes = readFileSync(module);
const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } });
writeFileSync(
  file,
  `/*
${notice.replace(/^/gm, ' * ').replace(/ +$/gm, '')}
 */

/** The codecs of rust/ compiled to WebAssembly, compressed with Brotli. Written by rust/build.sh. */
export const CODEC_BINARY: { readonly sources: string; readonly sha256: string; readonly brotliBase64: string } = {
  /** SHA-256 of rust/, by its sources-hash.mjs. */
  sources: '${sourcesHash()}',
  /** Of the module. */
  sha256: '${createHash('sha256').update(bytes).digest('hex')}',
  brotliBase64:
    '${packed.toString('base64')}',
};
`,
);
