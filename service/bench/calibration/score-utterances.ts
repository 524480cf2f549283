import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AudioDecoder } from '../../src/audio/audio-decoder';
import { resourceLimits, usableCpus } from '../../src/engine/cgroup';
import { Engine } from '../../src/engine/engine';
import { engineTranscriber } from '../../src/engine/engine-transcriber';
import { openModelDirectory, type Quantization } from '../../src/engine/model-directory';
import { speechDetectorFile } from '../../src/engine/speech-detector-file';
import { SAMPLE_RATE_HZ } from '../../src/whisper/audio-format';
import type { DecodingResult } from '../../src/whisper/decoding-result';
import { splitAtTimestamps } from '../../src/whisper/segments';
import { transcribe, type WindowTranscriber } from '../../src/whisper/transcribe';
import { PROMPT_TEMPERATURES } from '../../src/whisper/transcribe-options';
import type { Utterance } from './held-out-set';
import { wavFile } from './wav-file';
import { alignWords, normalizedWords } from './word-alignment';
import type { UtteranceScores } from './word-confidence';
import { partIntoWords, type ScoredToken, type WordTokens } from './word-tokens';

/** A word of a transcript, with the truth about it. */
export interface ScoredWord extends WordTokens {
  readonly isCorrect: boolean;
}

/** What became of an utterance. */
export interface ScoredUtterance extends UtteranceScores {
  readonly utterance: Utterance;
  readonly transcript: string;
  /** None where nothing was heard. */
  readonly words: readonly ScoredWord[];
  /** Length of the audio. */
  readonly seconds: number;
  /** Words that were said. */
  readonly reference: number;
  readonly substitutions: number;
  readonly insertions: number;
  readonly deletions: number;
}

export interface ModelChoice {
  /** Folder in the layout that Hugging Face publishes. */
  readonly model: string;
  readonly quantization: Quantization;
  /** Whether the model writes timestamps, as for `verbose_json`. */
  readonly timestamps: boolean;
}

/** A window that counts as speech. */
interface DecodedSpeech {
  readonly result: DecodingResult;
  /** Length of its audio, in seconds. */
  readonly windowS: number;
}

/** Long enough for any file of a held-out set, in seconds. */
const LONGEST_FILE_S = 3600;

/**
 * Transcribes utterances by the server's own path: audio decoder, speech detector, engine process, windows at pauses,
 * the temperatures of the HTTP interface.
 */
export async function scoreUtterances(
  folder: string,
  utterances: readonly Utterance[],
  { model, quantization, timestamps }: ModelChoice,
): Promise<readonly ScoredUtterance[]> {
  const [modelStore, name] = [path.dirname(path.resolve(model)), path.basename(model)];
  const threads = usableCpus(resourceLimits());
  const engine = new Engine({
    modelStore,
    model: name,
    quantization,
    threads,
    maxQueue: 1,
    speechDetectorFile: speechDetectorFile(),
  });
  const decoder = new AudioDecoder({ maxDurationS: LONGEST_FILE_S, timeoutMs: LONGEST_FILE_S * 1000 });
  try {
    await engine.start();
    const transcriber = engineTranscriber(engine, openModelDirectory(modelStore, name, quantization));
    const scored: ScoredUtterance[] = [];
    let open: { readonly file: string; readonly samples: Float32Array } | undefined;
    for (const utterance of utterances) {
      const { file, startSample, endSample, language } = utterance;
      if (open?.file !== file) open = { file, ...(await decoder.decode(await readFile(path.join(folder, file)))) };
      const samples = open.samples.subarray(startSample, endSample);
      const audio = await decoder.decode(wavFile(samples));
      const windows: DecodedSpeech[] = [];
      const watched: WindowTranscriber = {
        ...transcriber,
        decodeWindow: async (window, options, signal) => {
          const result = await transcriber.decodeWindow(window, options, signal);
          // One token is asked for where only the language is wanted.
          if (result.isSpeech && options.maxNewTokens !== 1)
            windows.push({ result, windowS: window.length / SAMPLE_RATE_HZ });
          return result;
        },
      };
      const speech = await transcriber.confirmSpeech(audio);
      const { text } = await transcribe({ samples: audio.samples, speech }, watched, {
        task: 'transcribe',
        language,
        timestamps,
        temperature: PROMPT_TEMPERATURES,
        strategy: 'pauses',
      });
      scored.push({ ...judge(utterance, text, windows, transcriber), seconds: samples.length / SAMPLE_RATE_HZ });
    }
    return scored;
  } finally {
    await Promise.all([engine.stop(), decoder.close()]);
  }
}

/** Holds what was written against what was said. */
function judge(
  utterance: Utterance,
  transcript: string,
  windows: readonly DecodedSpeech[],
  { special, tokenizer }: WindowTranscriber,
): Omit<ScoredUtterance, 'seconds'> {
  const words = windows.flatMap(({ result, windowS }) => {
    const { finished, unfinished } = splitAtTimestamps(result, special, windowS);
    return [...finished, ...(unfinished ? [unfinished] : [])].flatMap(({ tokens, tokenLogProbs }) => {
      const scored = tokens.map((token, index): ScoredToken => ({ token, logProb: tokenLogProbs[index]! }));
      const text = scored.filter(({ token }) => token < special.endOfText);
      return partIntoWords(text, tokenizer, result.language);
    });
  });
  // A word that holds a hyphen or an apostrophe is more than one after normalization.
  const parts = words.map(({ text }) => normalizedWords(text));
  // Where a timestamp parts a word, the transcript may write it in one.
  if (parts.flat().join('') !== normalizedWords(transcript).join('')) {
    throw new Error(`the words of the tokens are not those of the transcript ${JSON.stringify(transcript)}`);
  }
  const reference = normalizedWords(utterance.text);
  const { isCorrect, ...errors } = alignWords(reference, parts.flat());
  let next = 0;
  const judged = words.map((word, index): ScoredWord => {
    const own = isCorrect.slice(next, (next += parts[index]!.length));
    return { ...word, isCorrect: own.length > 0 && own.every(Boolean) };
  });
  return {
    utterance,
    transcript,
    words: judged,
    allLogProbs: windows.flatMap(({ result }) => allLogProbs(result)),
    reference: reference.length,
    ...errors,
  };
}

/** Of all tokens of a window; that of end-of-text is in the average alone. */
function allLogProbs({ tokenLogProbs, avgLogProb }: DecodingResult): readonly number[] {
  const ofTokens = tokenLogProbs.reduce((sum, logProb) => sum + logProb, 0);
  return [...tokenLogProbs, Math.min(0, avgLogProb * (tokenLogProbs.length + 1) - ofTokens)];
}
