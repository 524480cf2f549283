/** How a format writes times. */
export interface TimestampStyle {
  readonly decimalMark: '.' | ',';
  /** `as needed` leaves hours out below the first one. */
  readonly hours: 'always' | 'as needed';
}

/** `01:02:03.456`, to the millisecond. */
export function timestamp(seconds: number, { decimalMark, hours }: TimestampStyle): string {
  const ms = milliseconds(seconds);
  const h = Math.floor(ms / 3_600_000);
  const parts = [Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  if (hours === 'always' || h > 0) parts.unshift(h);
  return `${parts.map((part) => digits(part, 2)).join(':')}${decimalMark}${digits(ms % 1000, 3)}`;
}

/** Whole milliseconds; halves go to the even one, as Python rounds, whose writers these formats come from. */
export function milliseconds(seconds: number): number {
  const exact = seconds * 1000;
  const below = Math.floor(exact);
  return exact - below === 0.5 ? below + (below % 2) : Math.round(exact);
}

/** Seconds to the millisecond: sums of sample counts carry noise in their last digits, 3.4200000000000004. */
export function tidySeconds(seconds: number): number {
  return milliseconds(seconds) / 1000;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
