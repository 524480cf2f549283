import type { FileOptions } from '../../audio/audio-decoder';
import type { TranscribeOptions } from '../../whisper/transcribe-options';
import type { AudioPart } from './audio-part';

/** What a caller asks for, in the words of no dialect. */
export interface TranscriptionRequest extends Pick<
  TranscribeOptions,
  | 'task'
  | 'candidateLanguages'
  | 'timestamps'
  | 'wordTimestamps'
  | 'hallucinations'
  | 'beamSize'
  | 'bestOf'
  | 'noSpeechThreshold'
  | 'logProbThreshold'
  | 'compressionRatioThreshold'
> {
  /** Language code; absent: detected. */
  readonly language?: string;
  /** Temperature, or temperatures that are tried one after the other where the text comes out badly. */
  readonly temperature: number | readonly number[];
  /** Text that came before. */
  readonly prompt?: string;
  /** Names and terms that may be said. */
  readonly keywords?: readonly string[];
  /** Index of the channel to listen to, from 0 on. Default: the mean of all. */
  readonly channel?: FileOptions['channel'];
  /** What of the audio is heard, in seconds; times count from its beginning still. Default: all of it. */
  readonly part?: AudioPart;
  /** Whether words may come without their times where the model cannot time them. Default: that is an error. */
  readonly wordsMayLackTimes?: boolean;
  /**
   * `alone`: the languages are detected and no text is decoded. `besides`: they are detected though a language is given.
   * Default: they are detected where none is given.
   */
  readonly languageDetection?: 'alone' | 'besides';
  /** Format of audio that is samples and nothing else. Default: the bytes tell. */
  readonly rawFormat?: FileOptions['format'];
}
