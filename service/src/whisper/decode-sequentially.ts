import { SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, WINDOW_SAMPLES } from './audio-format';
import type { DecodedWindow, PromptedDecoder } from './decoded-window';
import type { DecodingResult } from './decoding-result';
import { NEIGHBOUR_SAMPLES, type Neighbours } from './model';
import { PromptHistory } from './prompt-history';
import { clampToAudio, splitAtTimestamps, type TimedSlice } from './segments';
import type { SpecialTokens } from './special-tokens';
import type { SpeechAudio } from './speech-audio';
import { paddingSamplesOf, type TranscribeOptions } from './transcribe-options';
import { tidySpeech } from './windows';
import { skipHallucinatedSilence } from './words/hallucinated-silence';
import { placeWords } from './words/place-words';

/** What sequential decoding needs of a model. */
export interface SequentialModel {
  readonly special: SpecialTokens;
  /** See `Surroundings.loudest`. */
  readonly loudest: (samples: Float32Array, neighbours: Neighbours) => Promise<number>;
}

/**
 * Decodes 30 s at a time, each window from the last timestamp of the one before it (openai/whisper `transcribe.py`), with
 * the features of the whole recording's spectrogram. Silence between two regions of speech is skipped, and decoding stops
 * behind the last region, at the latest at the audio's real end. Windows without speech are left out.
 */
export async function* decodeSequentially(
  { samples, speech }: SpeechAudio,
  { special, loudest }: SequentialModel,
  options: TranscribeOptions,
  decode: PromptedDecoder,
): AsyncGenerator<DecodedWindow, void, undefined> {
  const padding = paddingSamplesOf(options);
  const history = new PromptHistory(options, special);
  const regions = tidySpeech(speech, samples.length);
  const speechEndSample = Math.min(regions.at(-1)?.endSample ?? 0, wholeFrames(samples.length));
  if (speechEndSample === 0) return;
  let loudestPower: number | undefined;
  let seek = 0;
  let lastSpeechS = 0;
  for (const region of regions) {
    seek = Math.max(seek, region.startSample - padding);
    while (seek < region.endSample) {
      const startSample = wholeFrames(seek);
      const endSample = startSample + wholeFrames(Math.min(WINDOW_SAMPLES, samples.length - startSample));
      if (endSample === startSample) return; // less than a frame
      // Of a window that is the whole recording it is found with the features.
      if (startSample > 0 || samples.length > WINDOW_SAMPLES) loudestPower ??= await loudestOf(samples, loudest);
      const result = await decode({
        samples: samples.subarray(startSample, endSample),
        promptTokens: history.promptTokens,
        surroundings: { ...neighboursOf(samples, startSample, endSample), loudest: loudestPower },
      });
      if (!result.isSpeech) {
        seek = endSample;
        continue;
      }
      const window = { startSample, endSample, result, special };
      const kept = keepFinished(window, speechEndSample);
      const { slices, resumeAtSample, isHeardAgain } =
        options.wordTimestamps === true
          ? keepByWords(window, kept, samples.length, lastSpeechS, options.hallucinationSilenceThresholdS)
          : kept;
      seek = resumeAtSample;
      lastSpeechS = slices.length === 0 ? lastSpeechS : startSample / SAMPLE_RATE_HZ + lastWordEndS(slices);
      // Text that is to be heard again was never there.
      if (isHeardAgain) continue;
      history.add(
        slices.flatMap((slice) => slice.tokens),
        result.temperature,
      );
      yield { startSample, result, slices };
    }
  }
}

/** A decoded window, and the vocabulary that it is written in. */
interface Window {
  readonly startSample: number;
  readonly endSample: number;
  readonly result: DecodingResult;
  readonly special: SpecialTokens;
}

/** What of a window is kept, and where to go on. */
interface Kept {
  readonly slices: readonly TimedSlice[];
  readonly resumeAtSample: number;
  /** Whether nothing of the window is decoded again. */
  readonly isDone: boolean;
  /** Whether all of it is, behind the silence at its beginning. */
  readonly isHeardAgain?: boolean;
}

/**
 * Unfinished text is decoded again from the last timestamp on, unless that never happens: where no speech follows, or
 * where going on there would not move.
 */
function keepFinished({ startSample, endSample, result, special }: Window, speechEndSample: number): Kept {
  const windowS = (endSample - startSample) / SAMPLE_RATE_HZ;
  const { finished, unfinished, resumeAtS } = splitAtTimestamps(result, special, windowS);
  const resumeAtSample = startSample + Math.round(resumeAtS * SAMPLE_RATE_HZ);
  const moves = resumeAtSample > startSample;
  const isDecodedAgain = moves && resumeAtSample < speechEndSample;
  const slices = unfinished === undefined || isDecodedAgain ? finished : [...finished, unfinished];
  return {
    slices: clampToAudio(slices, windowS),
    resumeAtSample: moves ? resumeAtSample : endSample,
    isDone: endsWithSingleTimestamp(result, special) || slices.length > finished.length,
  };
}

/** Going on behind the last word must bring decoding on by this much, in seconds, or the timestamps decide. */
const MIN_ADVANCE_S = 0.2;

/** With words, decoding goes on behind the last one unless the model says that nothing follows (openai/whisper). */
function keepByWords(
  { startSample, endSample, result, special }: Window,
  kept: Kept,
  recordingSamples: number,
  lastSpeechS: number,
  silenceThresholdS: number | undefined,
): Kept {
  const startS = startSample / SAMPLE_RATE_HZ;
  const isText = (token: number): boolean => token < special.endOfText;
  const windowS = (endSample - startSample) / SAMPLE_RATE_HZ;
  const placed = placeWords(kept.slices, result.words ?? [], startS, lastSpeechS, isText);
  const slices = clampToAudio(placed, windowS);
  const toSample = (seconds: number): number => startSample + Math.round(seconds * 100) * SAMPLES_PER_FRAME;
  const lastEndS = lastWordEndS(slices);
  const resumeAtSample = kept.isDone || lastEndS < MIN_ADVANCE_S ? kept.resumeAtSample : toSample(lastEndS);
  if (silenceThresholdS === undefined) return { ...kept, slices, resumeAtSample };
  const skip = skipHallucinatedSilence(
    {
      slices,
      startS,
      durationS: windowS,
      isDone: kept.isDone,
      lastSpeechS,
      recordingS: wholeFrames(recordingSamples) / SAMPLE_RATE_HZ,
    },
    silenceThresholdS,
  );
  const skipsTo = skip.resumeAtS === undefined ? resumeAtSample : toSample(skip.resumeAtS - startS);
  const { isHeardAgain } = skip;
  return {
    ...kept,
    slices: skip.slices,
    isHeardAgain,
    resumeAtSample: skipsTo > startSample ? skipsTo : resumeAtSample,
  };
}

/** End of the last word, or else of the last segment, in seconds after the window's start; 0 without any. */
function lastWordEndS(slices: readonly TimedSlice[]): number {
  const lastWord = slices.flatMap(({ words }) => words ?? []).at(-1);
  return lastWord?.endS ?? slices.at(-1)?.endS ?? 0;
}

function endsWithSingleTimestamp({ tokens }: DecodingResult, { timestampBegin }: SpecialTokens): boolean {
  const isTimestamp = (token: number | undefined): boolean => token !== undefined && token >= timestampBegin;
  return isTimestamp(tokens.at(-1)) && !isTimestamp(tokens.at(-2));
}

async function loudestOf(samples: Float32Array, loudest: SequentialModel['loudest']): Promise<number> {
  let highest = -Infinity;
  for (let start = 0; start < samples.length; start += WINDOW_SAMPLES) {
    const end = Math.min(start + WINDOW_SAMPLES, samples.length);
    highest = Math.max(highest, await loudest(samples.subarray(start, end), neighboursOf(samples, start, end)));
  }
  return highest;
}

function neighboursOf(samples: Float32Array, start: number, end: number): Neighbours {
  return {
    before: samples.subarray(Math.max(0, start - NEIGHBOUR_SAMPLES), start),
    after: samples.subarray(end, end + NEIGHBOUR_SAMPLES),
  };
}

/** The spectrogram of a recording has a frame each 10 ms; windows begin and end with one. */
function wholeFrames(samples: number): number {
  return samples - (samples % SAMPLES_PER_FRAME);
}
