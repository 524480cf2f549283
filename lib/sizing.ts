import { Size, SizeRoundingBehavior } from 'cdk8s';
import { Cpu, type ContainerResources } from 'cdk8s-plus-28';
import type { Autoscaling } from './autoscaling';
import type { ModelChoice } from './model';
import type { PropFaults } from './prop-faults';
import { TMP_SIZE } from './security';
import { extraRequestMebibytes, type EnvironmentProps } from './server-environment';
import type { SidecarProps } from './sidecar';
import type { Warnings } from './warnings';

/** How large each pod is. */
export interface SizingProps {
  /**
   * CPUs of each pod: requested, limited to, and the number of inference threads.
   *
   * A whole number, because only whole CPUs of a Guaranteed pod are pinned by the kubelet's static CPU manager. On a
   * node with hyper-threads two CPUs are one physical core.
   *
   * @default 2
   */
  readonly cpus?: number;

  /**
   * Memory of each pod: requested and limited to. Whole mebibytes, not less than the model needs.
   *
   * @default - the largest of 700Mi, what the model needs, and what lets the autoscaler come back to `minReplicas` while
   * nobody calls (from `idleMemory`, or what is known of the model)
   */
  readonly memory?: Size;

  /**
   * Disk of each pod for logs and temporary files: requested and limited to. Whole mebibytes, more than the 32Mi of
   * `/tmp`. A model that is copied into the pod comes on top by itself.
   *
   * @default Size.mebibytes(64)
   */
  readonly ephemeralStorage?: Size;
}

/** The deployment document's: resources, `cpu 2, memory 700Mi`. */
const DEFAULT_CPUS = 2;
const DEFAULT_MEMORY_MEBIBYTES = 700;

/** `/tmp`, and as much again for logs that the kubelet has not rotated yet. */
const DEFAULT_EPHEMERAL_STORAGE = Size.mebibytes(64);

/** A whole number of CPUs. */
export class Cpus {
  private constructor(readonly count: number) {}

  static of(count: number, faults: PropFaults): Cpus {
    return new Cpus(
      faults.wholeNumber('cpus-not-whole', 'cpus', count, {
        min: 1,
        remedy: `The kubelet pins whole CPUs only. Give ${wholeNeighbours(count)}.`,
      }),
    );
  }

  /** `2`, never `2000m`: equal for the API, and readable for the checks that compare text. */
  toQuantity(): Cpu {
    return Cpu.units(this.count);
  }

  /** One inference thread a CPU, as an environment variable holds it. */
  toThreads(): string {
    return String(this.count);
  }
}

/** CPUs, memory and disk of a pod. */
export class Sizing {
  readonly cpus: Cpus;
  readonly memory: Size;
  readonly ephemeralStorage: Size;

  constructor(
    props: SizingProps & SidecarProps & EnvironmentProps,
    model: ModelChoice,
    autoscaling: Autoscaling,
    faults: PropFaults,
    warnings: Warnings,
  ) {
    this.cpus = Cpus.of(props.cpus ?? DEFAULT_CPUS, faults);
    const modelNeed = model.memoryNeed?.toMebibytes({ rounding: SizeRoundingBehavior.NONE }) ?? 0;
    const extra = extraRequestMebibytes(props.env ?? {});
    const need = modelNeed + extra;
    const toReturn = faults.any ? 0 : autoscaling.memoryToReturnMebibytes(model.idleMebibytes, props.sidecars ?? []);
    this.memory = props.memory ?? Size.mebibytes(Math.max(DEFAULT_MEMORY_MEBIBYTES, need, toReturn));
    this.ephemeralStorage = props.ephemeralStorage ?? DEFAULT_EPHEMERAL_STORAGE;
    const memory = faults.wholeMebibytes('memory-invalid', 'memory', this.memory, {
      min: 1,
      remedy: 'Give the memory with Size.mebibytes or Size.gibibytes.',
    });
    if (Number.isInteger(memory) && memory < need) {
      const enough = Math.max(need, toReturn);
      faults.add(
        'memory-below-model',
        'memory',
        `${memory}Mi`,
        `${model.description} needs ${modelNeed}Mi${extra > 0 ? `, and what 'env' lets in ${extra}Mi more` : ''}, and the ` +
          "kernel would kill it. Leave 'memory' out, give " +
          `Size.mebibytes(${enough}) or more${toReturn > need ? ' (with which the autoscaler comes back, too)' : ''}, or choose a smaller model.`,
      );
    }
    const tmp = TMP_SIZE.toMebibytes();
    faults.wholeMebibytes('ephemeral-storage-invalid', 'ephemeralStorage', this.ephemeralStorage, {
      min: tmp + 1,
      remedy: `Temporary files may take ${tmp}Mi of it, and a pod above it is evicted. Give Size.mebibytes(64).`,
    });
    const { recommendedCpus = 0 } = model;
    if (this.cpus.count < recommendedCpus) {
      warnings.add(
        'cpus-below-model',
        `cpus is ${this.cpus.count}: ${model.description} should have ${recommendedCpus}, or callers wait long for an ` +
          'answer. Raise cpus, or choose a smaller model.',
      );
    }
  }

  /** Requests and limits are one value, which is what makes the pod Guaranteed. */
  toResources(): ContainerResources {
    const cpu = this.cpus.toQuantity();
    return {
      cpu: { request: cpu, limit: cpu },
      memory: { request: this.memory, limit: this.memory },
    };
  }
}

function wholeNeighbours(count: number): string {
  if (!Number.isFinite(count) || count < 1) {
    return '1 or more';
  }
  return `${Math.floor(count)} or ${Math.ceil(count)}`;
}
