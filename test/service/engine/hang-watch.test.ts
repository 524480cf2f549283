import { HangWatch } from '../../../service/src/engine/hang-watch';

/** Looks every 250 ms, as the engine does. */
function lookUntil(watch: HangWatch, fromMs: number, toMs: number): boolean {
  let isHang = false;
  for (let now = fromMs + 250; now <= toMs; now += 250) isHang = watch.isHang(now);
  return isHang;
}

/** Work whose messages come at this interval. */
function working(watch: HangWatch, fromMs: number, toMs: number, intervalMs: number): void {
  for (let now = fromMs; now < toMs; now += intervalMs) {
    lookUntil(watch, now, now + intervalMs);
    watch.heard(now + intervalMs);
  }
}

describe('HangWatch', () => {
  test('takes five seconds of silence for a hang', () => {
    const watch = new HangWatch();
    watch.begin(1000);
    expect(lookUntil(watch, 1000, 6000)).toBe(false);
    expect(lookUntil(watch, 6000, 6250)).toBe(true);
  });

  test('counts from the last sign of life', () => {
    const watch = new HangWatch();
    watch.begin(0);
    working(watch, 0, 10_000, 250);
    expect(lookUntil(watch, 10_000, 15_000)).toBe(false);
    expect(lookUntil(watch, 15_000, 15_250)).toBe(true);
  });

  test('does not count the time before work began', () => {
    const watch = new HangWatch();
    watch.begin(0);
    watch.heard(100);
    watch.begin(60_000);
    expect(lookUntil(watch, 60_000, 65_000)).toBe(false);
  });

  test('waits twenty times as long as the slowest interval so far', () => {
    const watch = new HangWatch();
    watch.begin(0);
    working(watch, 0, 1000, 1000);
    expect(watch.limitMs).toBe(20_000);
    expect(lookUntil(watch, 1000, 21_000)).toBe(false);
    expect(lookUntil(watch, 21_000, 21_250)).toBe(true);
  });

  test('forgets a single stall in time', () => {
    const watch = new HangWatch();
    watch.begin(0);
    working(watch, 0, 4000, 4000);
    expect(watch.limitMs).toBe(80_000);
    working(watch, 4000, 104_000, 250);
    expect(watch.limitMs).toBe(5000);
  });

  test('knows from the warm-up how slow the machine is', () => {
    const watch = new HangWatch();
    watch.expectAtLeast(2000);
    watch.begin(0);
    expect(lookUntil(watch, 0, 40_000)).toBe(false);
    expect(lookUntil(watch, 40_000, 40_250)).toBe(true);
  });

  test('does not count the time in which nobody looked: a listener that was stopped has heard nothing', () => {
    const watch = new HangWatch();
    watch.begin(0);
    expect(watch.isHang(3_600_000)).toBe(false);
    expect(lookUntil(watch, 3_600_000, 3_604_500)).toBe(false);
    expect(lookUntil(watch, 3_604_500, 3_604_750)).toBe(true);
  });
});
