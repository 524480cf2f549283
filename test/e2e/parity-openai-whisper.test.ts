import type * as LogMelModule from '../../service/src/engine/log-mel';
import { decodeLike, isAsLikely, nanoEngine, witness, type WitnessWindow } from '../parity/witness';
import { builtModule } from '../support/built';
import { sampleAudio } from '../support/nano';

const { LogMel } = builtModule('service/src/engine/log-mel.js') as typeof LogMelModule;

interface OptionsWindow extends WitnessWindow {
  readonly prefixTokens: readonly number[];
  readonly maxNewTokens: number | null;
  readonly patience: number | null;
  readonly lengthPenalty: number | null;
}

/** Words of a text that openai-whisper read, before punctuation is merged. */
interface Alignment {
  readonly file: string;
  readonly language: string;
  readonly textTokens: readonly number[];
  readonly words: readonly {
    readonly word: string;
    readonly tokens: readonly number[];
    readonly start: number;
    readonly end: number;
    readonly probability: number;
  }[];
}

interface LogMelSample {
  readonly file: string;
  /** The spectrogram of the first 30 s, or of the whole file and 30 s of silence behind it. */
  readonly of: 'window' | 'file';
  readonly bands: readonly number[];
  /** Frames. */
  readonly at: readonly number[];
  /** By band, then frame. */
  readonly values: readonly (readonly number[])[];
}

const REFERENCE = witness('openai-whisper') as {
  readonly options: readonly OptionsWindow[];
  readonly logMel: readonly LogMelSample[];
  readonly alignments: readonly Alignment[];
};

/** 20 ms and what rounding adds. */
const CLOSE_S = 0.0201;

const FRAMES = 3000;
const HOP = 160;
/** Half of a frame: what a window's edges hear of the recording around it. */
const REACH = 200;

describe('openai-whisper on the same weights, further options', () => {
  const engine = nanoEngine();

  const titled = REFERENCE.options.map((window) => {
    const { file, prefixTokens, promptTokens, maxNewTokens, patience, lengthPenalty, timestamps } = window;
    const parts = [
      prefixTokens.length > 0 && 'a prefix',
      promptTokens.length > 0 && 'a prompt',
      maxNewTokens !== null && `${maxNewTokens} tokens`,
      patience !== null && `patience ${patience}`,
      lengthPenalty !== null && `length penalty ${lengthPenalty}`,
      timestamps && 'timestamps',
    ];
    return [`${file} with ${parts.filter(Boolean).join(', ')}`, window] as const;
  });

  it.each(titled)(
    'writes the same tokens, as likely: %s',
    async (_, window) => {
      const { tokens, avgLogProb } = await decodeLike(engine, window, {
        prefixTokens: window.prefixTokens,
        maxNewTokens: window.maxNewTokens ?? undefined,
        patience: window.patience ?? undefined,
        lengthPenalty: window.lengthPenalty ?? undefined,
      });
      expect(tokens).toEqual(window.tokens);
      expect([avgLogProb, window.avgLogProb, isAsLikely(window, avgLogProb)]).toEqual([
        avgLogProb,
        window.avgLogProb,
        true,
      ]);
    },
    60_000,
  );
});

describe("openai-whisper's alignments", () => {
  const engine = nanoEngine();

  it('are ours, word by word, before punctuation is merged', async () => {
    let compared = 0;
    for (const { file, language, textTokens, words } of REFERENCE.alignments) {
      const window = { file, language, timestamps: false, beamSize: 1, promptTokens: [], tokens: [], avgLogProb: null };
      const result = await decodeLike(engine, window, { alignWords: 'whole' });
      // A text of its own has times of its own: those of what was written alike are compared.
      if (result.tokens.join() !== textTokens.join()) continue;
      compared++;
      expect(result.words!.map(({ text, tokens }) => [text, tokens])).toEqual(
        words.map(({ word, tokens }) => [word, tokens]),
      );
      for (const [i, { start, end, probability }] of words.entries()) {
        expect(Math.abs(result.words![i]!.startS - start)).toBeLessThan(CLOSE_S);
        expect(Math.abs(result.words![i]!.endS - end)).toBeLessThan(CLOSE_S);
        expect(Math.abs(result.words![i]!.probability - probability)).toBeLessThan(1e-3);
      }
    }
    console.log(`${compared} of ${REFERENCE.alignments.length} alignments agree`);
    expect(compared).toBeGreaterThan(20);
  }, 120_000);
});

describe("openai-whisper's log-mel spectrogram", () => {
  const logMel = new LogMel(80);

  const largestDifference = (reference: LogMelSample, features: Float32Array, firstFrame: number): number => {
    let largest = 0;
    reference.bands.forEach((band, b) => {
      reference.at.forEach((frame, f) => {
        const at = frame - firstFrame;
        if (at < 0 || at >= FRAMES) return;
        largest = Math.max(largest, Math.abs(features[band * FRAMES + at]! - reference.values[b]![f]!));
      });
    });
    return largest;
  };

  it.each(REFERENCE.logMel.filter((each) => each.of === 'window').map((each) => [each.file, each] as const))(
    'is the same for %s',
    (file, reference) => {
      const features = logMel.extract(sampleAudio(file, FRAMES * HOP));
      expect(largestDifference(reference, features, 0)).toBeLessThan(1e-4);
    },
  );

  it('is the same for the windows of a whole recording', () => {
    const reference = REFERENCE.logMel.find((each) => each.of === 'file')!;
    const samples = sampleAudio(reference.file);
    const windows = Array.from({ length: Math.ceil(samples.length / (FRAMES * HOP)) }, (_, index) => {
      const start = index * FRAMES * HOP;
      const end = start + FRAMES * HOP;
      return {
        firstFrame: index * FRAMES,
        audio: samples.subarray(start, end),
        neighbours: {
          before: samples.subarray(Math.max(0, start - REACH), start),
          after: samples.subarray(end, end + REACH),
        },
      };
    });
    const loudest = Math.max(...windows.map(({ audio, neighbours }) => logMel.loudest(audio, neighbours)));
    // Frames behind the last whole one of the audio are none of the recording's; `at` ascends.
    const at = reference.at.filter((frame) => frame < Math.floor(samples.length / HOP));
    expect(at.length).toBeGreaterThan(20);
    for (const { firstFrame, audio, neighbours } of windows) {
      const features = logMel.extract(audio, { ...neighbours, loudest });
      expect(largestDifference({ ...reference, at }, features, firstFrame)).toBeLessThan(1e-4);
    }
  });
});
