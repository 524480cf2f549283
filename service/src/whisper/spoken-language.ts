import { firstSpeech, windowsOf } from './decode-at-pauses';
import type { DetectedLanguage } from './language-detection';
import type { SpeechAudio } from './speech-audio';
import type { WindowTranscriber } from './transcribe';

/** What {@link detectSpokenLanguages} needs of a model. */
type LanguageDetector = Pick<WindowTranscriber, 'decodeWindow' | 'special' | 'joinPauseMs'>;

/**
 * Languages that may be spoken, likeliest first, by the first 30 s of speech; the text is not decoded. None where nobody
 * speaks. A model that knows only English hears English.
 *
 * @throws what the decoder throws, or the signal's reason
 */
export async function detectSpokenLanguages(
  audio: SpeechAudio,
  model: LanguageDetector,
  signal?: AbortSignal,
): Promise<readonly DetectedLanguage[]> {
  const windows = windowsOf(audio, model, {});
  if (windows.length === 0) return [];
  if (!model.special.multilingual) return [{ language: 'en', probability: 1 }];
  const result = await model.decodeWindow(
    firstSpeech(audio.samples, windows),
    { task: 'transcribe', timestamps: false, temperature: 0, maxNewTokens: 1 },
    signal,
  );
  return result.isSpeech ? (result.languageCandidates ?? []) : [];
}
