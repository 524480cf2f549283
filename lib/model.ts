import type { PropFaults } from './prop-faults';

/** Which Whisper model the pods load, and in which precision. */
export interface ModelProps {
  /**
   * The Whisper model that the image carries.
   *
   * @default WhisperModel.TINY
   */
  readonly model?: WhisperModel;

  /**
   * Precision of the model's weights.
   *
   * @default Quantization.INT8
   */
  readonly quantization?: Quantization;
}

/** Precision of the weights. */
export enum Quantization {
  /** 8-bit integers: a quarter of the memory, and faster on CPUs. */
  INT8 = 'int8',

  /** 32-bit floating point, as the model was published. */
  FP32 = 'fp32',
}

/** A Whisper model, by the folder that it has in the image's model store. */
export class WhisperModel {
  /** Whisper tiny, multilingual, 39 M parameters: fits the default CPUs and memory. */
  public static readonly TINY = new WhisperModel('tiny');

  /**
   * Any other model whose folder the image carries, in the layout that Hugging Face publishes.
   *
   * Use case: a fine-tuned model, or a larger one, with `memory` raised to what it needs.
   *
   * @param folder name of the folder below the image's model store, for example `base.en`
   */
  public static custom(folder: string): WhisperModel {
    return new WhisperModel(folder);
  }

  private constructor(
    /** Name of the model's folder, which is what the server gets as `STT_MODEL`. */
    public readonly folder: string,
  ) {}
}

/** What the server is told about the model. */
export class ModelChoice {
  readonly folder: string;
  readonly quantization: Quantization;

  constructor(props: ModelProps, faults: PropFaults) {
    this.folder = (props.model ?? WhisperModel.TINY).folder;
    this.quantization = props.quantization ?? Quantization.INT8;
    // A path would let the manifest read outside of the model store.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(this.folder)) {
      faults.add(
        'model-invalid',
        'model',
        this.folder,
        'it must be the name of one folder in the model store: letters, digits, ".", "_" and "-". Use ' +
          "WhisperModel.TINY or WhisperModel.custom('base.en').",
      );
    }
  }
}
