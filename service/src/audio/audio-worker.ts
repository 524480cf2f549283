import { Tinypool } from 'tinypool';
import type { AudioErrorCode } from './audio-error';
import { AudioError } from './audio-error';
import type { DecodeOptions } from './decode-audio';
import { decodeAudio } from './decode-audio';
import type { DecodedAudio } from './decoded-audio';
import { TARGET_SAMPLE_RATE_HZ } from './decoded-audio';
import { ReleasedMemory } from './garbage-collection';
import { worstCaseDurationS } from './worst-case-duration';

/** What the worker is given. */
export interface DecodeTask {
  readonly bytes: Uint8Array;
  readonly options: DecodeOptions;
}

/** What the worker answers: an error loses its class and code on the way between threads. */
export type DecodeOutcome =
  { readonly audio: DecodedAudio } | { readonly error: { readonly code: AudioErrorCode; readonly message: string } };

/** Of this thread. It must be collected before a task ends: then the thread stands still until the next one. */
const released = new ReleasedMemory();

/** Entry point of the worker thread, called by the pool in audio-decoder.ts. */
export default async function decodeTask({ bytes, options }: DecodeTask): Promise<unknown> {
  try {
    const audio = await decodeAudio(bytes, options);
    released.add(audio.samples.byteLength); // about as much was passed through on the way
    return movable({ audio }, audio.samples.buffer);
  } catch (error) {
    if (!(error instanceof AudioError)) throw error;
    released.add(
      worstCaseDurationS(bytes, options.maxDurationS) * TARGET_SAMPLE_RATE_HZ * Float32Array.BYTES_PER_ELEMENT,
    );
    return { error: { code: error.code, message: error.message } } satisfies DecodeOutcome;
  }
}

/** Tinypool's protocol for a value of which a part is transferred and not copied. */
function movable(value: DecodeOutcome, transferred: ArrayBufferLike): unknown {
  const parts = { [Tinypool.transferableSymbol]: transferred, [Tinypool.valueSymbol]: value };
  return Tinypool.move(parts as unknown as Parameters<typeof Tinypool.move>[0]);
}
