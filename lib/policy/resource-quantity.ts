/** Suffixes of resource.Quantity (k8s.io/apimachinery), as the exponent of their base. */
const DECIMAL_EXPONENTS: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY_EXPONENTS: Record<string, number> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

const QUANTITY =
  /^(?<whole>\d*)(?:\.(?<fraction>\d*))?(?:(?<suffix>[numkMGTPE]|[KMGTPE]i)|[eE](?<exponent>[+-]?\d+))?$/;

/** Kubernetes counts in steps of 10⁻⁹ and rounds up to them. */
const STEPS_IN_ONE = 9;

/**
 * An amount of CPU or memory, exact: `0.7` and `700m` are equal, which they are not in floating point.
 */
export class ResourceQuantity {
  private constructor(private readonly nanos: bigint) {}

  /** @returns undefined for what the API server would refuse, and for what is not there */
  static parse(text: string | number | undefined): ResourceQuantity | undefined {
    const groups = text === undefined ? undefined : QUANTITY.exec(String(text))?.groups;
    const digits = `${groups?.whole ?? ''}${groups?.fraction ?? ''}`;
    if (!groups || digits === '') {
      return undefined;
    }
    const suffix = groups.suffix ?? '';
    const binary = BINARY_EXPONENTS[suffix];
    const decimal = binary === undefined ? Number(groups.exponent ?? DECIMAL_EXPONENTS[suffix]) : 0;
    const shift = STEPS_IN_ONE + decimal - (groups.fraction?.length ?? 0);
    const scaled = BigInt(digits) << BigInt(binary ?? 0);
    return new ResourceQuantity(
      shift >= 0 ? scaled * 10n ** BigInt(shift) : divideRoundingUp(scaled, 10n ** BigInt(-shift)),
    );
  }

  equals(other: ResourceQuantity): boolean {
    return this.nanos === other.nanos;
  }

  isPositive(): boolean {
    return this.nanos > 0n;
  }

  /** What the kubelet's static CPU manager asks of a CPU request. */
  isWhole(): boolean {
    return this.nanos > 0n && this.nanos % 10n ** BigInt(STEPS_IN_ONE) === 0n;
  }

  /** The amount, to be compared with a count; inexact above 2⁵³. */
  toNumber(): number {
    return Number(this.nanos) / 10 ** STEPS_IN_ONE;
  }
}

function divideRoundingUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/** An amount of memory for people, rounded up: `700Mi`. */
export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)}Mi`;
}
