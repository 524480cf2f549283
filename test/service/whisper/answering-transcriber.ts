import { temperaturesOf, type DecodingOptions } from '../../../service/src/whisper/decoding-options';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import type { SpeechAudio, TranscribeOptions, WindowTranscriber } from '../../../service/src/whisper/transcribe';
import { SPECIAL, TOKENIZER } from './small-vocabulary';

const S = 16_000;

/** Decoding at pauses, in Spanish; nothing is heard but the speech itself. */
export const PAUSES: TranscribeOptions = {
  strategy: 'pauses',
  task: 'transcribe',
  timestamps: false,
  temperature: 0,
  language: 'es',
  paddingMs: 0,
  joinPauseMs: 100,
};

/** Decoding sequentially, in a language that is detected. */
export const SEQUENTIAL: TranscribeOptions = { ...PAUSES, language: undefined, strategy: 'sequential' };

/** Audio whose samples tell their own time in seconds, so that a window shows where it was cut. */
export function audio(durationS: number, ...speech: (readonly [number, number])[]): SpeechAudio {
  return {
    samples: Float32Array.from({ length: durationS * S }, (_, i) => i / S),
    speech: speech.map(([start, end]) => ({ startSample: start * S, endSample: end * S })),
  };
}

interface Call {
  readonly startS: number;
  readonly endS: number;
  readonly options: DecodingOptions;
}

/** What a window is decoded to: its tokens, or more. */
type Answer = readonly number[] | (Partial<DecodingResult> & Pick<DecodingResult, 'tokens'>);

/** A transcriber that gives its answers in order, the last one for ever. */
export function answering(...answers: Answer[]): WindowTranscriber & { readonly calls: Call[] } {
  const calls: Call[] = [];
  return {
    special: SPECIAL,
    tokenizer: TOKENIZER,
    calls,
    loudest: () => Promise.resolve(0),
    decodeWindow: (samples, options) => {
      if (calls.length > 10_000) throw new Error('decoding does not come to an end');
      const startS = samples[0]!;
      calls.push({ startS, endS: startS + samples.length / S, options });
      const answer = answers[Math.min(calls.length, answers.length) - 1]!;
      const given = 'tokens' in answer ? answer : { tokens: answer };
      return Promise.resolve({
        tokenLogProbs: given.tokens.map(() => -0.5),
        language: options.language ?? 'es',
        languageProbability: options.language === undefined ? 0.75 : undefined,
        languageCandidates: options.language === undefined ? [{ language: 'es', probability: 0.75 }] : undefined,
        words: undefined,
        avgLogProb: -0.4,
        noSpeechProb: 0.1,
        compressionRatio: 1,
        temperature: temperaturesOf(options)[0]!,
        isSpeech: true,
        reachedLimit: false,
        ...given,
      });
    },
  };
}

/** Start and end of each window that was decoded, in seconds. */
export function windowsOf({ calls }: { readonly calls: readonly Call[] }): number[][] {
  return calls.map(({ startS, endS }) => [startS, endS].map((time) => Math.round(time * 1000) / 1000));
}
