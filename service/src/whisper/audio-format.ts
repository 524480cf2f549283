/** What Whisper hears: 16 kHz mono, 30 s at a time (openai/whisper `audio.py`). */

/** Samples a second. */
export const SAMPLE_RATE_HZ = 16_000;

/** Samples of the longest window: 30 s. */
export const WINDOW_SAMPLES = 30 * SAMPLE_RATE_HZ;

/** Samples of one mel frame: 10 ms. */
export const SAMPLES_PER_FRAME = 160;

/** Timestamp tokens to a second, 20 ms each: one position of the encoder's output, two mel frames. */
export const TIMESTAMPS_PER_SECOND = 50;

/** Timestamp tokens of a Whisper vocabulary: 0.00 s to 30.00 s. */
export const TIMESTAMP_COUNT = 1501;
