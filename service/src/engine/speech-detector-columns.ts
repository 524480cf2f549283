import { SPEECH_FRAME_SAMPLES } from './speech-regions';

/** Each frame is seen behind the last samples of the one before (Silero's `sequence_vad.py`, RATE_CONFIG). */
const CONTEXT_SAMPLES = 64;
/** The network transforms a frame in columns that overlap by half; behind its last sample it sees the ones before in reverse. */
export const COLUMNS = 4;
export const COLUMN_SAMPLES = 256;

/**
 * The columns of frames, one behind another: [count, {@link COLUMNS}, {@link COLUMN_SAMPLES}]. Before the audio and behind it
 * there is silence.
 */
export function columnsOf(samples: Float32Array, firstFrame: number, count: number): Float32Array {
  const columns = new Float32Array(count * COLUMNS * COLUMN_SAMPLES);
  const heard = new Float32Array((COLUMNS + 1) * (COLUMN_SAMPLES / 2));
  const width = CONTEXT_SAMPLES + SPEECH_FRAME_SAMPLES;
  for (let row = 0; row < count; row++) {
    const start = (firstFrame + row) * SPEECH_FRAME_SAMPLES - CONTEXT_SAMPLES;
    const before = Math.max(0, -start);
    const inside = samples.subarray(start + before, start + width);
    heard.fill(0);
    heard.set(inside, before);
    for (let i = width; i < heard.length; i++) heard[i] = heard[2 * (width - 1) - i]!;
    for (let column = 0; column < COLUMNS; column++) {
      const from = column * (COLUMN_SAMPLES / 2);
      columns.set(heard.subarray(from, from + COLUMN_SAMPLES), (row * COLUMNS + column) * COLUMN_SAMPLES);
    }
  }
  return columns;
}
