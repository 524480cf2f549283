import { brotliDecompressSync } from 'node:zlib';
import { CODEC_BINARY } from './codec-binary';

/** What is used of the WebAssembly namespace, which TypeScript declares for browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
  readonly RuntimeError: new () => Error;
};

/** The codecs that are compiled to WebAssembly, with the numbers that rust/src/lib.rs gives them. */
export const CODEC_NUMBERS = { aac: 1, flac: 2, mp3: 3, mp2: 4, mp1: 5, opus: 6, vorbis: 7 } as const;

/** FFmpeg's name of a codec that is decoded in WebAssembly. */
export type Codec = keyof typeof CODEC_NUMBERS;

/** What rust/src/lib.rs exports. */
export interface CodecExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly reserve: (length: number) => number;
  readonly open: (codec: number) => number;
  readonly decode: () => number;
  readonly channels: () => number;
  readonly sample_rate: () => number;
  readonly plane: (channel: number) => number;
}

let compiled: object | undefined;

/** A new instance of the codecs, with memory of its own; the thread compiles them when it first needs one. */
export function instantiateCodecs(): CodecExports {
  compiled ??= new WebAssembly.Module(brotliDecompressSync(Buffer.from(CODEC_BINARY.brotliBase64, 'base64')));
  return new WebAssembly.Instance(compiled).exports as CodecExports;
}

/** Whether an instance has ended by a trap: its state is lost, nothing else. */
export function isTrap(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError;
}
