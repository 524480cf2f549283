import type { DecodedAudio } from '../../audio/decoded-audio';
import type { EngineTranscriber } from '../../engine/engine-transcriber';
import { plannedWindows } from '../../whisper/decode-at-pauses';
import type { DetectedLanguage } from '../../whisper/language-detection';
import type { Segment } from '../../whisper/segments';
import type { SpeechAudio } from '../../whisper/speech-audio';
import { detectSpokenLanguages } from '../../whisper/spoken-language';
import { transcribeSegments, transcriptionOf, type Transcription } from '../../whisper/transcribe';
import { PROMPT_TEMPERATURES, type TranscribeOptions } from '../../whisper/transcribe-options';
import { WhisperError } from '../../whisper/whisper-error';
import { onlyPart } from './audio-part';
import type { TranscriptionRequest } from './transcription-request';

/** Told of each segment as soon as it is there. */
export type SegmentListener = (segment: Segment) => void;

/** Told what goes on. */
export interface TranscriptionListeners {
  /** Told what work there is, before the model is asked; what it throws ends the transcription. */
  readonly onWork?: (work: ReturnType<typeof plannedWindows>) => void;
  readonly onSegment?: SegmentListener;
}

/** A request's transcriber: which ticket it works under is settled. */
export type RequestTranscriber = Omit<EngineTranscriber, 'forTicket' | 'prepare'>;

/**
 * What a caller asks for, done.
 *
 * @throws WhisperError, EngineError; the signal's reason
 */
export async function transcribeAudio(
  audio: DecodedAudio,
  wanted: TranscriptionRequest,
  transcriber: RequestTranscriber,
  signal: AbortSignal,
  { onWork, onSegment }: TranscriptionListeners = {},
): Promise<Transcription> {
  const { part, languageDetection } = wanted;
  const wantedAudio = part ? onlyPart(audio, part) : audio;
  const heard: SpeechAudio = {
    samples: wantedAudio.samples,
    speech: await transcriber.confirmSpeech(wantedAudio, signal),
  };
  onWork?.(plannedWork(heard, wanted, transcriber));
  if (languageDetection === 'alone') {
    return languagesAlone(audio, await detectSpokenLanguages(heard, transcriber, signal));
  }
  const transcription = await transcribeHeard(heard, wanted, transcriber, signal, onSegment);
  if (languageDetection === undefined || transcription.languageCandidates !== undefined) return transcription;
  return { ...transcription, languageCandidates: await detectSpokenLanguages(heard, transcriber, signal) };
}

function plannedWork(
  heard: SpeechAudio,
  { languageDetection, ...wanted }: TranscriptionRequest,
  transcriber: RequestTranscriber,
): ReturnType<typeof plannedWindows> {
  const text = plannedWindows(heard, transcriber, wanted);
  if (text.windows === 0 || languageDetection === undefined) return text;
  // A detection reads a window and decodes a single token.
  if (languageDetection === 'alone') return { windows: 1, audioSeconds: 0 };
  return wanted.language === undefined ? text : { ...text, windows: text.windows + 1 };
}

async function transcribeHeard(
  heard: SpeechAudio,
  { prompt, keywords = [], ...wanted }: TranscriptionRequest,
  transcriber: RequestTranscriber,
  signal: AbortSignal,
  onSegment?: SegmentListener,
): Promise<Transcription> {
  const { channel, rawFormat, part, wordsMayLackTimes, languageDetection, ...options } = wanted;
  // Where nobody speaks the model is not asked, and a prompt means nothing.
  const encode = async (text: string | undefined): Promise<readonly number[] | undefined> =>
    text && heard.speech.length > 0 ? transcriber.encodePrompt(text, signal) : undefined;
  const all: TranscribeOptions = {
    ...options,
    // As OpenAI documents 0: it is raised by itself where the text comes out badly.
    temperature: options.temperature === 0 ? PROMPT_TEMPERATURES : options.temperature,
    promptTokens: await encode(prompt),
    hotWordTokens: await encode(keywords.join(', ')),
    strategy: 'pauses',
  };
  const transcribe = (chosen: TranscribeOptions): Promise<Transcription> =>
    transcriptionOf(transcribeSegments(heard, transcriber, chosen, signal), wanted.task, onSegment);
  try {
    return await transcribe(all);
  } catch (error) {
    // A model says so before it hears anything: nobody was told of a segment yet.
    const areUnavailable = error instanceof WhisperError && error.code === 'words_unavailable';
    if (wordsMayLackTimes && areUnavailable) return transcribe({ ...all, wordTimestamps: false });
    throw error;
  }
}

/** A transcript without text, of which only the language was asked for. */
function languagesAlone({ durationS }: DecodedAudio, languages: readonly DetectedLanguage[]): Transcription {
  const [likeliest] = languages;
  return {
    text: '',
    segments: [],
    language: likeliest?.language ?? 'en',
    languageProbability: likeliest?.probability,
    languageCandidates: likeliest && languages,
    durationS,
    confidence: undefined,
  };
}
