import type { Size } from 'cdk8s';
import { modelNeeds } from './model-needs';
import type { PropFaults } from './prop-faults';
import type { Warnings } from './warnings';

/** Which Whisper model the pods load, and in which precision. */
export interface ModelProps {
  /**
   * The Whisper model, by its folder in the model store.
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
  /** 8-bit integers: a quarter of the weights' memory, and faster on CPUs. */
  INT8 = 'int8',

  /** 32-bit floating point, as the model was published. */
  FP32 = 'fp32',
}

/** A Whisper model, by the folder that it has in the model store. */
export class WhisperModel {
  /** Whisper tiny, multilingual, 39 M parameters: fits the default CPUs and memory. */
  public static readonly TINY = new WhisperModel('tiny');

  /** Whisper tiny for English alone, 39 M parameters: fits the default CPUs and memory. */
  public static readonly TINY_EN = new WhisperModel('tiny.en');

  /** Whisper base, multilingual, 74 M parameters: 704Mi in int8, by estimate. */
  public static readonly BASE = new WhisperModel('base');

  /** Whisper base for English alone, 74 M parameters: 704Mi in int8, by estimate. */
  public static readonly BASE_EN = new WhisperModel('base.en');

  /** Whisper small, multilingual, 244 M parameters: 1472Mi in int8, by estimate, and 4 CPUs. */
  public static readonly SMALL = new WhisperModel('small');

  /** Whisper small for English alone, 244 M parameters: 1472Mi in int8, by estimate, and 4 CPUs. */
  public static readonly SMALL_EN = new WhisperModel('small.en');

  /**
   * Any other model of the store, in the layout that Hugging Face publishes.
   *
   * Use case: a fine-tuned model.
   *
   * @param folder name of the folder below the model store, for example `tiny-medical`
   * @param memoryNeed memory of a pod at its peak, which `memory` must not be below; not checked when left out
   */
  public static custom(folder: string, memoryNeed?: Size): WhisperModel {
    return new WhisperModel(folder, memoryNeed);
  }

  private constructor(
    /** Name of the model's folder, which is what the server gets as `STT_MODEL`. */
    public readonly folder: string,
    /** Memory of a pod at its peak, as it was given to `custom`. */
    public readonly statedMemoryNeed?: Size,
  ) {}

  /**
   * Memory of a pod at its peak.
   *
   * @param quantization precision of the weights
   * @returns undefined for a custom model that states none
   */
  public memoryNeed(quantization: Quantization): Size | undefined {
    return this.statedMemoryNeed ?? modelNeeds(this.folder, quantization)?.memory;
  }
}

/** The model of a service, and what it asks of a pod. */
export class ModelChoice {
  readonly folder: string;
  readonly quantization: Quantization;

  /** For people: `small in int8`. */
  readonly description: string;
  readonly memoryNeed: Size | undefined;
  readonly recommendedCpus: number | undefined;

  /** Working set of the server while nobody calls, measured or assumed. */
  readonly idleMebibytes: number | undefined;

  constructor(props: ModelProps, faults: PropFaults, warnings: Warnings) {
    const { model = WhisperModel.TINY, quantization = Quantization.INT8 } = props;
    this.folder = model.folder;
    this.quantization = quantization;
    this.description = `${this.folder} in ${quantization}`;
    const needs = modelNeeds(this.folder, quantization);
    this.memoryNeed = model.memoryNeed(quantization);
    this.recommendedCpus = needs?.cpus;
    this.idleMebibytes = needs?.idleMebibytes;
    // A path would let the manifest read outside of the model store.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(this.folder)) {
      faults.add(
        'model-invalid',
        'model',
        this.folder,
        'it must be the name of one folder in the model store: letters, digits, ".", "_" and "-". Use ' +
          "WhisperModel.TINY or WhisperModel.custom('tiny-medical').",
      );
    }
    if (this.memoryNeed !== undefined) {
      faults.wholeMebibytes('model-memory-invalid', 'memoryNeed of model', this.memoryNeed, {
        min: 1,
        remedy: 'Give the peak that you measured, with Size.mebibytes.',
      });
    }
    // A need that the user states is not ours to doubt.
    if (needs?.measured === false && model.statedMemoryNeed === undefined) {
      warnings.add(
        'model-memory-estimated',
        `model is ${this.description}: that it needs ${needs.memory.toMebibytes()}Mi is an estimate from its number ` +
          'of parameters. Watch the memory of the first pods, and set memory to what you see.',
      );
    }
  }
}
