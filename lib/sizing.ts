import { Size } from 'cdk8s';
import { Cpu, type ContainerResources } from 'cdk8s-plus-28';
import type { PropFaults } from './prop-faults';

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
   * Memory of each pod: requested and limited to. Whole mebibytes.
   *
   * @default Size.mebibytes(700)
   */
  readonly memory?: Size;
}

/** The deployment document's: resources, `cpu 2, memory 700Mi`. */
const DEFAULT_CPUS = 2;
const DEFAULT_MEMORY = Size.mebibytes(700);

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

/** CPUs and memory of a pod. */
export class Sizing {
  readonly cpus: Cpus;
  readonly memory: Size;

  constructor(props: SizingProps, faults: PropFaults) {
    this.cpus = Cpus.of(props.cpus ?? DEFAULT_CPUS, faults);
    this.memory = props.memory ?? DEFAULT_MEMORY;
    faults.wholeMebibytes('memory-invalid', 'memory', this.memory, {
      min: 1,
      remedy: 'Give the memory with Size.mebibytes or Size.gibibytes.',
    });
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
