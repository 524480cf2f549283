import { TaintEffect } from 'cdk8s-plus-28';
import type { PropFaults } from './prop-faults';
import type { Toleration } from './scheduling';
import type { Warnings } from './warnings';

/** What the model runs on. */
export interface DeviceProps {
  /**
   * Where the model runs.
   *
   * With `Device.GPU` the pods ask for `nvidia.com/gpu` and tolerate that taint; give `runtimeClassName` where the
   * cluster needs one. The image must hold a server that has a GPU provider: this project builds none and has run none.
   *
   * @default Device.CPU
   */
  readonly device?: Device;

  /**
   * GPUs of each pod, for `Device.GPU`.
   *
   * @default 1
   */
  readonly gpus?: number;
}

/** Where a model can run. */
export enum Device {
  /** The pod's own, pinned CPUs. */
  CPU = 'cpu',

  /** An NVIDIA GPU of the node, by the device plugin's resource `nvidia.com/gpu`. */
  GPU = 'gpu',
}

/** The resource that NVIDIA's device plugin advertises, and the taint that GPU nodes usually carry. */
const NVIDIA_GPU = 'nvidia.com/gpu';

/** Device of the pods, and what they need for it. */
export class DeviceChoice {
  readonly device: Device;
  readonly #gpus: number;

  constructor(props: DeviceProps, faults: PropFaults, warnings: Warnings) {
    this.device = props.device ?? Device.CPU;
    this.#gpus = faults.wholeNumber('gpus-invalid', 'gpus', props.gpus ?? 1, {
      min: 1,
      remedy: 'A GPU is given to one container as a whole.',
    });
    if (this.device === Device.GPU) {
      warnings.add(
        'gpu-untried',
        'device is gpu: this project builds no GPU image yet and has run none. Give an image whose server has a GPU ' +
          'provider; one without refuses to start.',
      );
    } else if (props.gpus !== undefined) {
      faults.add(
        'gpus-without-gpu',
        'gpus',
        props.gpus,
        "nothing would use them. Say 'device: Device.GPU', or leave it out.",
      );
    }
  }

  /** Extended resources by name, requested and limited to: Kubernetes allows no difference. */
  toExtendedResources(): Record<string, string> {
    return this.device === Device.GPU ? { [NVIDIA_GPU]: String(this.#gpus) } : {};
  }

  toTolerations(): Toleration[] {
    return this.device === Device.GPU ? [{ key: NVIDIA_GPU, effect: TaintEffect.NO_SCHEDULE }] : [];
  }
}
