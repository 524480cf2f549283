import { byVariant, decodeLike, nanoEngine, witness, type WitnessWindow } from '../parity/witness';

interface ReferenceWindow extends WitnessWindow {
  readonly avgLogProb: number;
  readonly noSpeechProb: number;
  readonly compressionRatio: number;
}

const REFERENCE = witness('openai-whisper') as {
  readonly windows: readonly ReferenceWindow[];
  readonly languages: Readonly<Record<string, Readonly<Record<string, number>>>>;
};

describe('openai-whisper on the same weights', () => {
  const engine = nanoEngine();

  it.each(byVariant(REFERENCE.windows))(
    'writes the same tokens, as likely, %s',
    async (_, windows) => {
      const differing: unknown[] = [];
      let compared = 0;
      for (const window of windows) {
        // Without timestamps the embedded model may answer silence with nothing, by its generation_config.json;
        // openai-whisper suppresses an empty text with every model.
        if (!window.timestamps && ['noise.wav', 'silence.wav'].includes(window.file)) continue;
        compared++;
        const { tokens, avgLogProb, noSpeechProb, compressionRatio } = await decodeLike(engine, window);
        // Timestamps that nobody asked for are suppressed here and not there, so that words are a little likelier.
        const likelier = avgLogProb - window.avgLogProb;
        const likely = window.timestamps ? Math.abs(likelier) < 1e-3 : likelier > -1e-3 && likelier < 0.2;
        const close =
          likely &&
          Math.abs(noSpeechProb - window.noSpeechProb) < 1e-3 &&
          // Node.js' zlib compresses a few bytes better or worse.
          Math.abs(compressionRatio - window.compressionRatio) < 0.05;
        if (!close || tokens.join() !== window.tokens.join()) {
          const got = { tokens: tokens.join(), avgLogProb, noSpeechProb, compressionRatio };
          differing.push({ window: { ...window, tokens: window.tokens.join() }, got });
        }
      }
      console.log(`${compared - differing.length} of ${compared} windows agree`);
      expect(differing).toEqual([]);
    },
    120_000,
  );

  it('is as sure of the language', async () => {
    for (const [file, probabilities] of Object.entries(REFERENCE.languages)) {
      const window = REFERENCE.windows.find((each) => each.file === file)!;
      const { language, languageCandidates } = await decodeLike(
        engine,
        { ...window, promptTokens: [] },
        { language: undefined },
      );
      expect([file, language]).toEqual([file, languageCandidates![0]!.language]);
      expect(languageCandidates).toHaveLength(Object.keys(probabilities).length);
      for (const candidate of languageCandidates!) {
        expect(Math.abs(candidate.probability - probabilities[candidate.language]!)).toBeLessThan(1e-3);
      }
    }
  }, 60_000);
});
