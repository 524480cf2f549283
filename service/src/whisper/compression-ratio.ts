import { deflateSync } from 'node:zlib';

/**
 * Bytes of the text over bytes of its zlib compression. A decoder that repeats itself compresses well: openai/whisper
 * distrusts a text above 2.4 (`transcribe.py`, `compression_ratio_threshold`).
 *
 * @returns 0 for the empty text.
 */
export function compressionRatio(text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  return bytes.length / deflateSync(bytes).length;
}
