import { OTHER_LABEL_VALUE, type MetricLabel } from '../../../lib/metrics';

/** The values of one label. What callers send must not make series without end. */
export class BoundedLabel {
  private readonly values: Set<string>;
  private readonly atMost: number;

  constructor(label: MetricLabel) {
    this.values = new Set('oneOf' in label ? label.oneOf : []);
    this.atMost = 'oneOf' in label ? label.oneOf.length : label.atMost;
  }

  /** The value itself while there is room for it, `other` from then on. */
  of(value: string): string {
    if (this.values.has(value)) return value;
    if (this.values.size >= this.atMost) return OTHER_LABEL_VALUE;
    this.values.add(value);
    return value;
  }
}
