import { EngineLayout } from '../../../service/src/engine/engine-layout';

const START_MS = 400;
/** Ten times as long as a process takes to start. */
const WORTH_MS = 4000;

/** What the layout asks of a slot. */
class StatedSlot {
  isReady: boolean;
  isAway: boolean;
  loadedThreads = 2;
  readonly largestRssBytes = 1;
  readonly startMs = START_MS;
  readonly told: string[] = [];

  constructor(isStarted: boolean) {
    this.isReady = isStarted;
    this.isAway = !isStarted;
  }

  get threads(): number {
    return this.loadedThreads;
  }

  resize(threads: number): void {
    this.told.push(`resize ${threads}`);
  }

  start(): void {
    this.told.push('start');
    this.isAway = false;
  }

  retire(): void {
    this.told.push('retire');
    this.isReady = false;
    this.isAway = true;
  }
}

describe('the layout of two threads', () => {
  let first: StatedSlot;
  let second: StatedSlot;
  let knownMs: number;
  let layout: EngineLayout<StatedSlot>;
  beforeEach(() => {
    [first, second] = [new StatedSlot(true), new StatedSlot(false)];
    layout = new EngineLayout(
      first,
      second,
      2,
      () => knownMs,
      () => true,
      () => undefined,
    );
  });
  const lookWith = (pieces: number, nowMs: number): void => {
    layout.note(pieces, nowMs);
    layout.look(nowMs);
  };

  it.each([
    [WORTH_MS + 1, 2, ['resize 1', 'start']],
    [WORTH_MS, 2, []],
    // What there is one of cannot be divided.
    [WORTH_MS * 100, 1, []],
  ])('with %i ms known of and %i pieces at once is %j', (known, pieces, told) => {
    knownMs = known;
    lookWith(pieces, 0);
    expect(second.told).toEqual(told);
  });

  it('is divided by crowding where nothing is known of, after 1.7 s', () => {
    knownMs = 0;
    lookWith(2, 0);
    lookWith(2, 1700);
    expect(second.told).toEqual([]);
    lookWith(2, 1800);
    expect(second.told).toEqual(['resize 1', 'start']);
  });

  it('is one again ten seconds after the work has ended, however it was divided', () => {
    knownMs = WORTH_MS + 1;
    lookWith(2, 0);
    second.isReady = true;
    lookWith(2, 400);
    expect(first.told).toEqual(['resize 1']);
    knownMs = 0;
    lookWith(2, 5000);
    lookWith(0, 5001);
    lookWith(0, 12_000);
    expect(first.told).toEqual(['resize 1']);
    lookWith(0, 15_001);
    expect(first.told).toEqual(['resize 1', 'resize 2']);
    layout.look(15_400);
    expect(second.told.at(-1)).toBe('retire');
  });
});
