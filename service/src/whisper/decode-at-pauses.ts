import { SAMPLE_RATE_HZ, WINDOW_SAMPLES } from './audio-format';
import { askAhead } from './ask-ahead';
import type { DecodedWindow, PromptedDecoder } from './decoded-window';
import { clampToAudio, splitAtTimestamps } from './segments';
import type { SpecialTokens } from './special-tokens';
import type { SpeechAudio } from './speech-audio';
import { DEFAULT_JOIN_PAUSE_MS, paddingSamplesOf, type TranscribeOptions } from './transcribe-options';
import { cutAtPauses, type AudioWindow } from './windows';
import { placeWords } from './words/place-words';

/** What of the model decides how audio is cut. */
interface CutPreference {
  readonly special: SpecialTokens;
  readonly joinPauseMs?: number;
}

/** What of the options decides how often the model is asked. */
type CutChoice = Pick<TranscribeOptions, 'joinPauseMs' | 'paddingMs' | 'language' | 'candidateLanguages'>;

/**
 * How many windows {@link decodeAtPauses} will ask for, before it does: those of the speech, and one to detect the language
 * where there are several.
 *
 * @returns `audioSeconds` of the speech's windows together, with their padding; both 0 where nobody speaks
 */
export function plannedWindows(
  audio: SpeechAudio,
  preference: CutPreference,
  options: CutChoice,
): { readonly windows: number; readonly audioSeconds: number } {
  const windows = windowsOf(audio, preference, options);
  const samples = windows.reduce((total, { startSample, endSample }) => total + endSample - startSample, 0);
  const detects = windows.length > 1 && detectsLanguageFirst(preference.special, options);
  return { windows: windows.length + (detects ? 1 : 0), audioSeconds: samples / SAMPLE_RATE_HZ };
}

/** Whether the language of several windows is asked for before the first of them. */
export function detectsLanguageFirst({ multilingual }: SpecialTokens, options: CutChoice): boolean {
  return multilingual && options.language === undefined && options.candidateLanguages?.length !== 1;
}

/** What decodes the windows. */
interface PausesDecoder {
  readonly decode: PromptedDecoder;
  readonly detectLanguage: (samples: Float32Array) => Promise<void>;
  /** Windows that may be asked for before the result of an earlier one is there, at this moment. */
  readonly windowsAhead: () => number;
}

/** Decodes each stretch of speech between two pauses by itself. Windows without speech are left out. */
export async function* decodeAtPauses(
  { samples, speech }: SpeechAudio,
  { special, joinPauseMs }: CutPreference,
  options: TranscribeOptions,
  { decode, detectLanguage, windowsAhead }: PausesDecoder,
): AsyncGenerator<DecodedWindow, void, undefined> {
  const windows = windowsOf({ samples, speech }, { special, joinPauseMs }, options);
  // A single window is asked for its language when it is decoded.
  if (windows.length > 1) await detectLanguage(firstSpeech(samples, windows));
  let lastSpeechS = 0;
  const promptTokens = options.promptTokens ?? [];
  const decoded = askAhead(windows, windowsAhead, ({ startSample, endSample }, unwanted) =>
    decode({ samples: samples.subarray(startSample, endSample), promptTokens }, unwanted),
  );
  for await (const [{ startSample, endSample }, result] of decoded) {
    if (!result.isSpeech) continue;
    const windowS = (endSample - startSample) / SAMPLE_RATE_HZ;
    const { finished, unfinished } = splitAtTimestamps(result, special, windowS);
    // Nobody decodes the rest of this window again, so that unfinished text counts as well.
    const slices = unfinished === undefined ? finished : [...finished, unfinished];
    const startS = startSample / SAMPLE_RATE_HZ;
    const placed =
      options.wordTimestamps === true
        ? placeWords(slices, result.words ?? [], startS, lastSpeechS, (token) => token < special.endOfText)
        : slices;
    const clamped = clampToAudio(placed, windowS);
    lastSpeechS = startS + (clamped.at(-1)?.endS ?? 0);
    yield { startSample, result, slices: clamped };
  }
}

export function windowsOf(
  { samples, speech }: SpeechAudio,
  { joinPauseMs = DEFAULT_JOIN_PAUSE_MS }: CutPreference,
  options: CutChoice,
): readonly AudioWindow[] {
  return cutAtPauses(speech, samples.length, {
    samples,
    paddingSamples: paddingSamplesOf(options),
    joinPauseMs: options.joinPauseMs ?? joinPauseMs,
  });
}

/** The first windows, one after another, as far as they fit into the 30 s that Whisper detects a language by. */
export function firstSpeech(samples: Float32Array, windows: readonly AudioWindow[]): Float32Array {
  const joined = new Float32Array(WINDOW_SAMPLES);
  let length = 0;
  for (const { startSample, endSample } of windows) {
    const taken = Math.min(endSample - startSample, WINDOW_SAMPLES - length);
    joined.set(samples.subarray(startSample, startSample + taken), length);
    length += taken;
  }
  return joined.subarray(0, length);
}
