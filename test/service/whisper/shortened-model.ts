import type {
  Attention,
  LogitsReader,
  Surroundings,
  TokenDecoder,
  WhisperModel,
} from '../../../service/src/whisper/model';
import type { FakeModel } from './fake-model';

/** A model of two minds: one for what it hears at short context, one for whole windows. */
export class ShortenedModel implements WhisperModel<FakeModel> {
  readonly canAttend = true;
  readonly canShorten = true;
  /** Of each encoding; undefined where it was of the whole window. */
  readonly positions: (number | undefined)[] = [];

  constructor(
    readonly short: FakeModel,
    readonly whole: FakeModel,
  ) {}

  async encode(samples: Float32Array, surroundings?: Surroundings, positions?: number): Promise<FakeModel> {
    this.positions.push(positions);
    const mind = positions === undefined ? this.whole : this.short;
    await mind.encode(samples, surroundings);
    return mind;
  }

  newDecoder(mind: FakeModel): TokenDecoder {
    return mind.newDecoder();
  }

  attend(mind: FakeModel, tokens: readonly number[], read: LogitsReader): Promise<Attention> {
    return mind.attend('', tokens, read);
  }
}
