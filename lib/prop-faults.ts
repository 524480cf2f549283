import { SizeRoundingBehavior, type Duration, type Size } from 'cdk8s';

/** Counts, seconds and ports of the Kubernetes API are of 32 bits. */
const INT32_MAX = 2_147_483_647;

/** Bounds of a number, and why they are as they are. */
interface Bounds {
  readonly min: number;
  /** @default - the greatest that the API takes, 2147483647 */
  readonly max?: number;
  /** What goes wrong outside of the bounds, and what to give instead: the end of the message. */
  readonly remedy: string;
}

/**
 * Collects what is wrong with single props, so that one error lists every fault.
 *
 * Each check returns its value, faulty or not: the construct is given up before a faulty one is used.
 */
export class PropFaults {
  readonly #faults: string[] = [];

  /**
   * Notes a fault.
   *
   * @param code stable, in kebab-case: for people who search for it and for tests
   * @param prop the prop as the user wrote it
   * @param got the value got
   * @param remedy what is wrong with it, and what to do
   */
  add(code: string, prop: string, got: string | number | boolean | null | undefined, remedy: string): void {
    // JSON has no NaN and no infinity.
    const value = typeof got === 'string' ? JSON.stringify(got) : String(got);
    this.#faults.push(`[${code}] ${prop} is ${value}: ${remedy}`);
  }

  /** Notes that a prop which must be given is not. */
  addMissing(prop: string, remedy: string): void {
    this.#faults.push(`[prop-missing] ${prop} is missing: ${remedy}`);
  }

  wholeNumber(code: string, prop: string, value: number, bounds: Bounds): number {
    const { min, max = INT32_MAX, remedy } = bounds;
    if (!Number.isInteger(value) || value < min || value > max) {
      this.add(code, prop, value, `it must be a whole number ${range(bounds, value)}. ${remedy}`);
    }
    return value;
  }

  /** The API takes whole seconds; `Duration` would throw later, without the path of the construct. */
  wholeSeconds(code: string, prop: string, value: Duration, bounds: Bounds): number {
    const seconds = value.toSeconds({ integral: false });
    const { min, max = INT32_MAX } = bounds;
    if (!Number.isInteger(seconds) || seconds < min || seconds > max) {
      this.add(code, prop, `${seconds} s`, `it must be whole seconds ${range(bounds, seconds)}. ${bounds.remedy}`);
    }
    return seconds;
  }

  /** cdk8s-plus writes memory in whole mebibytes; `Size` would throw later, without the path of the construct. */
  wholeMebibytes(code: string, prop: string, value: Size, bounds: Bounds): number {
    const mebibytes = value.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
    if (!Number.isInteger(mebibytes) || mebibytes < bounds.min) {
      this.add(
        code,
        prop,
        `${mebibytes}Mi`,
        `it must be whole mebibytes ${range(bounds, bounds.min)}. ${bounds.remedy}`,
      );
    }
    return mebibytes;
  }

  /** Whether anything was wrong so far: with faulty props nothing can be computed from them. */
  get any(): boolean {
    return this.#faults.length > 0;
  }

  /** @param path path of the construct whose props were checked */
  throwIfAny(path: string): void {
    if (this.#faults.length > 0) {
      const count = this.#faults.length === 1 ? 'a faulty prop' : `${this.#faults.length} faulty props`;
      throw new Error(`WhisperSttService "${path}" has ${count}:\n  ${this.#faults.join('\n  ')}`);
    }
  }
}

/** The bound that Kubernetes' numbers have by themselves is named only where it is the one that was passed. */
function range({ min, max = INT32_MAX }: Bounds, got: number): string {
  return max === INT32_MAX && got <= INT32_MAX ? `of at least ${min}` : `from ${min} to ${max}`;
}
