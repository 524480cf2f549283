/** Sample rate of everything that leaves this folder: the rate that Whisper's features are made from. */
export const TARGET_SAMPLE_RATE_HZ = 16_000;

/** A stretch of audio that holds speech: `[startSample, endSample)` at {@link TARGET_SAMPLE_RATE_HZ}. */
export interface SpeechRegion {
  readonly startSample: number;
  readonly endSample: number;
}

/** How audio is packed: `raw` is samples alone, their format told by the caller; `mp3` and `adts` are bare frames. */
export type ContainerName = 'wav' | 'aiff' | 'au' | 'raw' | 'flac' | 'mp3' | 'adts' | 'ogg' | 'webm' | 'mp4';

/** What the bytes were before they were decoded. */
export interface AudioSource {
  readonly container: ContainerName;
  /** FFmpeg's codec name: `pcm_s16le`, `pcm_mulaw`, `flac`, `mp3`, `aac`, `opus`, … */
  readonly encoding: string;
  /** That the decoder gives: 16 kHz of Opus, which has no rate of its own, and of HE-AAC the rate of its AAC-LC core. */
  readonly sampleRateHz: number;
  readonly channels: number;
}

/** Decoded audio with the places where someone speaks. */
export interface DecodedAudio {
  /** 16 kHz mono, each sample in [-1, 1]. */
  readonly samples: Float32Array;
  /** `samples.length` in seconds. */
  readonly durationS: number;
  /** In order, without overlap; empty if nothing but silence or steady noise was found. */
  readonly speech: readonly SpeechRegion[];
  readonly source: AudioSource;
}
