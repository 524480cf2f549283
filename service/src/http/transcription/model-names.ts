import { ApiError } from '../errors/api-error';

/** What clients send when nobody told them a name: OpenAI's SDKs' examples, pipecat, LiveKit. */
const DEFAULTS_OF_CLIENTS: ReadonlySet<string> = new Set([
  'whisper-1',
  'gpt-transcribe',
  'gpt-4o-transcribe',
  'gpt-4o-mini-transcribe',
  'gpt-4o-transcribe-diarize',
]);

/** Names that the loaded model answers to. */
export class ModelNames {
  /**
   * @param loaded name of the loaded model
   * @param accepted `any` name, or only `known` ones: the model's own and those that clients send by default
   */
  constructor(
    readonly loaded: string,
    private readonly accepted: 'any' | 'known',
  ) {}

  /** Whether the name is one of the model's own, or one that clients send by default. */
  isKnown(name: string): boolean {
    const short = this.loaded.replace(/^(?:.*\/)?(?:whisper-)?/, '');
    const own = [this.loaded, short, `whisper-${short}`, `openai/whisper-${short}`, `onnx-community/whisper-${short}`];
    return own.includes(name) || DEFAULTS_OF_CLIENTS.has(name);
  }

  /** @throws ApiError `model_not_found` */
  check(name: string | undefined): void {
    if (name === undefined || this.accepted === 'any' || this.isKnown(name)) return;
    throw this.notFound(name);
  }

  /** The error where a name is none of a model that is loaded. */
  notFound(name: string): ApiError {
    return new ApiError(
      'model_not_found',
      `The model ${JSON.stringify(name)} does not exist here; ${JSON.stringify(this.loaded)} is loaded`,
      'model',
    );
  }
}
