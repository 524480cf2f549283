import { Crowding } from '../../../../service/src/engine/scheduling/crowding';

/** Notes so many pieces of work now and again until then. */
function go(crowding: Crowding, pieces: number, fromMs: number, toMs: number): void {
  for (let now = fromMs; now <= toMs; now += 250) crowding.note(pieces, now);
}

describe('the crowding of an engine', () => {
  test('is none at first, and none with one piece of work at a time', () => {
    const crowding = new Crowding();
    expect(crowding.share(1_000_000)).toBe(0);
    go(crowding, 1, 1_000_000, 1_100_000);
    expect(crowding.share(1_100_000)).toBe(0);
  });

  test('is half after 1.7 s of more than one piece', () => {
    const crowding = new Crowding();
    go(crowding, 2, 5000, 6500);
    expect(crowding.share(6700)).toBeLessThan(0.5);
    expect(crowding.share(6750)).toBeGreaterThan(0.5);
  });

  test('does not depend on how often it is told', () => {
    const [often, once] = [new Crowding(), new Crowding()];
    go(often, 3, 0, 2000);
    once.note(3, 0);
    expect(often.share(2000)).toBeCloseTo(once.share(2000));
  });

  test('is gone ten seconds after it has ended', () => {
    const crowding = new Crowding();
    go(crowding, 8, 0, 60_000);
    expect(crowding.share(60_000)).toBeCloseTo(1);
    go(crowding, 0, 60_000, 69_000);
    expect(crowding.share(69_000)).toBeGreaterThan(0.02);
    expect(crowding.share(70_000)).toBeLessThan(0.02);
  });

  test('is the share of the time, where pieces come and go', () => {
    const crowding = new Crowding();
    for (let now = 0; now < 60_000; now += 100) {
      crowding.note(2, now);
      crowding.note(1, now + 30);
    }
    expect(crowding.share(60_000)).toBeCloseTo(0.3, 1);
  });
});
