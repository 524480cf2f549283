import type {
  Attention,
  LogitsReader,
  Surroundings,
  TokenDecoder,
  WhisperModel,
} from '../../../service/src/whisper/model';
import { SPECIAL } from './small-vocabulary';

/** Logits as a function of all tokens so far, the prompt included. */
export type LogitsOf = (tokens: readonly number[]) => Float32Array;

/** A model that keeps the interface's promises and no more: the logits of a step are destroyed by the next. */
export class FakeModel implements WhisperModel<string> {
  readonly canShorten: boolean = false;
  readonly encoded: number[] = [];
  /** Tokens of each step, one list a decoder; a fork has its own steps alone. */
  readonly steps: number[][][] = [];
  alive = 0;
  /** What each encoding was given of its recording. */
  readonly surroundings: (Surroundings | undefined)[] = [];

  constructor(
    private readonly logitsOf: LogitsOf,
    readonly canAttend = true,
  ) {}

  encode(samples: Float32Array, surroundings?: Surroundings): Promise<string> {
    this.encoded.push(samples.length);
    this.surroundings.push(surroundings);
    return Promise.resolve(`features of ${samples.length}`);
  }

  /** Attends to ten positions a token, in order: the first token to 0 to 9, the second to 10 to 19, … */
  attend(_: string, tokens: readonly number[], read: LogitsReader): Promise<Attention> {
    this.attended.push([...tokens]);
    const positions = 1500;
    const head = new Float32Array(tokens.length * positions);
    tokens.forEach((__, row) => head.fill(0.1, row * (positions + 10), row * (positions + 10) + 10));
    tokens.forEach((__, i) => {
      const logits = this.logitsOf(tokens.slice(0, i + 1)).slice();
      read(i, logits);
      logits.fill(NaN);
    });
    return Promise.resolve({ heads: [head], positions });
  }

  /** Tokens of each reading at once. */
  readonly attended: number[][] = [];

  newDecoder(): TokenDecoder {
    return this.decoderAfter([]);
  }

  private decoderAfter(read: readonly number[]): TokenDecoder {
    const steps: number[][] = [];
    this.steps.push(steps);
    this.alive++;
    let handedOut: readonly Float32Array[] = [];
    let disposed = false;
    return {
      append: (tokens, wanted = [tokens.length - 1]) => {
        if (disposed) throw new Error('a step after dispose');
        if (tokens.length === 0) throw new Error('a step of no tokens');
        for (const old of handedOut) old.fill(NaN);
        const before = [...read, ...steps.flat()];
        steps.push([...tokens]);
        if (before.length + tokens.length > SPECIAL.maxTargetPositions) throw new Error('more tokens than positions');
        handedOut = wanted.map((i) => this.logitsOf([...before, ...tokens.slice(0, i + 1)]));
        return Promise.resolve(handedOut);
      },
      fork: () => {
        if (disposed) throw new Error('a fork after dispose');
        return this.decoderAfter([...read, ...steps.flat()]);
      },
      dispose: () => {
        if (disposed) throw new Error('a second dispose');
        disposed = true;
        this.alive--;
      },
    };
  }
}

/** Logits that make `token` nearly certain. */
export function certain(token: number): Float32Array {
  return logitsWith({ [token]: 20 });
}

/** Logits of 0 but for the given tokens. */
export function logitsWith(logits: Readonly<Record<number, number>>): Float32Array {
  const all = new Float32Array(SPECIAL.vocabularySize);
  for (const [token, logit] of Object.entries(logits)) all[Number(token)] = logit;
  return all;
}

/** Logits from a small generator: the same seed, the same logits. Some seeds are sharp, some favour timestamps. */
export function randomLogits(seed: number): Float32Array {
  let state = seed | 1;
  const random = (): number => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    state ^= state >>> 13;
    return (state >>> 0) / 2 ** 32;
  };
  const scale = [1, 5, 30][(seed >>> 3) % 3]!;
  const timestampBonus = [0, -8, 8][(seed >>> 5) % 3]! * (scale / 5);
  return Float32Array.from(
    { length: SPECIAL.vocabularySize },
    (_, token) => (random() - 0.5) * 2 * scale + (token >= SPECIAL.timestampBegin ? timestampBonus : 0),
  );
}

/** A model that answers every text with its own random logits. */
export function randomModel(seed: number): FakeModel {
  return new FakeModel((tokens) => {
    let mixed = seed;
    for (const token of tokens) mixed = Math.imul(mixed ^ token, 0x01000193) + tokens.length;
    return randomLogits(mixed);
  });
}

/** A model that writes `script` after its prompt, whatever it hears, and detects `language`. */
export function scriptedModel(script: readonly number[], language = 'en'): FakeModel {
  const startAt = (tokens: readonly number[]): number => tokens.lastIndexOf(SPECIAL.startOfTranscript);
  return new FakeModel((tokens) => {
    const header = tokens.slice(startAt(tokens) + 1);
    if (header.length === 0) return certain(SPECIAL.languages.get(language)!);
    const headerLength = header.includes(SPECIAL.noTimestamps) ? 3 : 2;
    return certain(script[header.length - headerLength] ?? SPECIAL.endOfText);
  });
}
