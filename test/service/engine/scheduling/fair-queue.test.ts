import fc from 'fast-check';
import { FairQueue, type QueuedWork } from '../../../../service/src/engine/scheduling/fair-queue';
import { FairShares } from '../../../../service/src/engine/scheduling/fair-shares';

interface Named extends QueuedWork {
  readonly name: string;
}

const NEVER = Infinity;
const window = (name: string, work: Partial<QueuedWork> = {}): Named => ({
  name,
  kind: 'window',
  key: 'anybody',
  queuedAtMs: 0,
  deadlineMs: NEVER,
  remainingMs: 100,
  leastMs: work.remainingMs ?? 100,
  ...work,
});
const helper = (name: string): Named => ({ ...window(name), kind: 'helper' });

/** The order in which work that waits at once is taken out, each taking no time. */
function orderOf(works: readonly Named[], nowMs = 0, attainedMs: Readonly<Record<string, number>> = {}): string[] {
  const queue = new FairQueue<Named>((key) => attainedMs[key] ?? 0);
  for (const work of works) queue.push(work);
  return Array.from({ length: queue.length }, () => queue.take(nowMs)!.name);
}

describe('the order of work', () => {
  test('an empty queue has nothing next', () => {
    expect(new FairQueue(() => 0).take(0)).toBeUndefined();
  });

  test('equals go in the order of arrival', () => {
    expect(orderOf([window('a'), window('b'), window('c')])).toEqual(['a', 'b', 'c']);
  });

  test('small pieces go before all windows, in the order of arrival', () => {
    const urgent = window('urgent', { deadlineMs: 1 });
    expect(orderOf([urgent, window('a'), helper('first'), helper('second')])).toEqual([
      'first',
      'second',
      'urgent',
      'a',
    ]);
  });

  test('what was interrupted goes before everything', () => {
    const queue = new FairQueue<Named>(() => 0);
    queue.push(helper('helper'));
    queue.push(window('window', { deadlineMs: 1 }));
    queue.pushInterrupted(window('interrupted'));
    expect(queue.take(0)!.name).toBe('interrupted');
    expect(queue.length).toBe(2);
  });

  test('within a key a short request does not go before a longer one that has waited for long', () => {
    const works = [
      window('long', { remainingMs: 200 }),
      window('short, soon after', { remainingMs: 100, queuedAtMs: 1999 }),
      window('short, much later', { remainingMs: 100, queuedAtMs: 2001 }),
    ];
    expect(orderOf(works)).toEqual(['short, soon after', 'long', 'short, much later']);
  });

  test('within a key the request with the least left to do goes first', () => {
    const works = [window('long', { remainingMs: 900 }), window('short', { remainingMs: 50 }), window('middle')];
    expect(orderOf(works)).toEqual(['short', 'middle', 'long']);
  });

  test('the key with the least engine time goes first, however long its requests are', () => {
    const works = [window('short', { key: 'much', remainingMs: 1 }), window('long', { key: 'little' })];
    expect(orderOf(works, 0, { much: 300, little: 200 })).toEqual(['long', 'short']);
  });

  test('between keys that stand alike the earlier arrival decides, not the length', () => {
    const works = [window('long', { key: 'a', remainingMs: 900 }), window('short', { key: 'b', remainingMs: 1 })];
    expect(orderOf(works)).toEqual(['long', 'short']);
  });

  test('a window that must begin now goes before fairness, the earliest deadline first', () => {
    const works = [
      window('fair', { key: 'little' }),
      window('later', { key: 'much', deadlineMs: 1100, remainingMs: 100 }),
      window('sooner', { key: 'much', deadlineMs: 1050, remainingMs: 100 }),
    ];
    expect(orderOf(works, 1000, { much: 500 })).toEqual(['sooner', 'later', 'fair']);
    // 200 ms earlier there was time for both.
    expect(orderOf(works, 800, { much: 500 })[0]).toBe('fair');
  });

  test('a request must begin a quarter of its cost earlier than the prediction says', () => {
    const works = [window('short', { remainingMs: 10 }), window('long', { deadlineMs: 2000, remainingMs: 800 })];
    expect(orderOf(works, 999)[0]).toBe('short');
    expect(orderOf(works, 1000)[0]).toBe('long');
  });

  test('what several processes can share is late later, and given up later', () => {
    const shared = window('shared', { key: 'much', deadlineMs: 2000, remainingMs: 1600, leastMs: 800 });
    expect(orderOf([window('fair'), shared], 999, { much: 1 })[0]).toBe('fair');
    expect(orderOf([window('fair'), shared], 1000, { much: 1 })[0]).toBe('shared');
    const queue = new FairQueue<Named>(() => 0);
    queue.push(shared);
    queue.push(window('other'));
    expect(queue.removeHopeless(1360)).toEqual([]);
    expect(queue.removeHopeless(1361).map(({ name }) => name)).toEqual(['shared']);
  });

  test('a window must begin now where it would be too late after the next one', () => {
    const queue = new FairQueue<Named>(
      ({ length }) => length,
      () => 300,
    );
    queue.push(window('fair', { key: '' }));
    queue.push(window('urgent', { key: 'much', deadlineMs: 1425, remainingMs: 100 }));
    expect(queue.take(999)!.name).toBe('fair');
    queue.push(window('fair', { key: '' }));
    expect(queue.take(1000)!.name).toBe('urgent');
  });

  test('a window that cannot be done in time by a fifth is taken out, so that the others are', () => {
    const queue = new FairQueue<Named>(() => 0);
    queue.push(window('late', { deadlineMs: 1079 }));
    queue.push(window('perhaps', { deadlineMs: 1080 }));
    queue.push(window('in time', { deadlineMs: 1200 }));
    expect(queue.removeHopeless(1000).map(({ name }) => name)).toEqual(['late']);
    expect([...queue].map(({ name }) => name)).toEqual(['perhaps', 'in time']);
  });

  test('of windows that are all too late one is tried', () => {
    const queue = new FairQueue<Named>(() => 0);
    queue.push(window('first', { deadlineMs: 1010 }));
    queue.push(window('last', { deadlineMs: 1020 }));
    expect(queue.removeHopeless(1000).map(({ name }) => name)).toEqual(['first']);
    expect(queue.removeHopeless(1000)).toEqual([]);
    expect(queue.take(1000)!.name).toBe('last');
  });

  test('what was interrupted and small pieces are not given up before their deadline', () => {
    const queue = new FairQueue<Named>(() => 0);
    queue.pushInterrupted(window('interrupted', { deadlineMs: 1010 }));
    queue.push({ ...helper('helper'), deadlineMs: 1010 });
    queue.push(window('in time'));
    expect(queue.removeHopeless(1000)).toEqual([]);
  });

  test('windows whose deadline has passed are taken out, and only those', () => {
    const queue = new FairQueue<Named>(() => 0);
    queue.push(window('late', { deadlineMs: 100 }));
    queue.push(window('in time', { deadlineMs: 101 }));
    queue.pushInterrupted(window('late, too', { deadlineMs: 99 }));
    expect(queue.removeExpired(100).map(({ name }) => name)).toEqual(['late, too', 'late']);
    expect([...queue].map(({ name }) => name)).toEqual(['in time']);
  });

  test('work that is removed is not taken, and can be removed only once', () => {
    const queue = new FairQueue<Named>(() => 0);
    const [gone, interrupted] = [window('gone'), window('interrupted')];
    queue.push(gone);
    queue.pushInterrupted(interrupted);
    expect([queue.remove(gone), queue.remove(gone), queue.remove(interrupted)]).toEqual([true, false, true]);
    expect(queue.take(0)).toBeUndefined();
  });

  test('everything that waits is taken exactly once', () => {
    const anyWork = fc.record({
      kind: fc.constantFrom('window' as const, 'helper' as const),
      key: fc.constantFrom('a', 'b', 'c'),
      queuedAtMs: fc.integer({ min: 0, max: 400 }),
      deadlineMs: fc.constantFrom(NEVER, 500, 1000),
      remainingMs: fc.integer({ min: 0, max: 2000 }),
    });
    fc.assert(
      fc.property(fc.array(anyWork), fc.integer({ min: 0, max: 400 }), (works, nowMs) => {
        const names = works.map((_, i) => String(i));
        const order = orderOf(
          works.map((work, i) => window(names[i]!, work)),
          nowMs,
        );
        expect(order.sort()).toEqual(names.sort());
      }),
    );
  });
});

/** A request in the simulation: windows of 100 ms each, one after another. */
interface Request {
  readonly key: string;
  readonly arrivesAtMs: number;
  readonly windows: number;
  /** After its arrival. */
  readonly patienceMs: number;
}

const WINDOW_MS = 100;

/**
 * One engine process that works at requests by the queue's order, on a clock of its own.
 *
 * @returns when each request was done, by its place in the list; undefined where its deadline came first
 */
function simulate(requests: readonly Request[]): (number | undefined)[] {
  const shares = new FairShares();
  const queue = new FairQueue<Named & { readonly request: number }>(
    (key) => shares.attainedMs(key),
    () => WINDOW_MS,
  );
  const left = requests.map(({ windows }) => windows);
  const doneAtMs: (number | undefined)[] = requests.map(() => undefined);
  const arriving = requests.map((_, i) => i).sort((a, b) => requests[a]!.arrivesAtMs - requests[b]!.arrivesAtMs);
  let now = 0;
  const pushWindow = (request: number, queuedAtMs = now): void => {
    const { key, arrivesAtMs, patienceMs } = requests[request]!;
    queue.push({
      name: String(request),
      kind: 'window',
      request,
      key,
      queuedAtMs,
      deadlineMs: arrivesAtMs + patienceMs,
      remainingMs: left[request]! * WINDOW_MS,
      leastMs: left[request]! * WINDOW_MS,
    });
  };
  for (;;) {
    while (arriving.length > 0 && requests[arriving[0]!]!.arrivesAtMs <= now) {
      const request = arriving.shift()!;
      shares.enter(requests[request]!.key);
      pushWindow(request, requests[request]!.arrivesAtMs);
    }
    for (const { key } of [...queue.removeExpired(now), ...queue.removeHopeless(now)]) shares.leave(key);
    const next = queue.take(now);
    if (next === undefined) {
      if (arriving.length === 0) return doneAtMs;
      now = requests[arriving[0]!]!.arrivesAtMs;
      continue;
    }
    now += WINDOW_MS;
    shares.charge(next.key, WINDOW_MS);
    left[next.request]!--;
    if (left[next.request]! > 0) pushWindow(next.request);
    else {
      doneAtMs[next.request] = now;
      shares.leave(next.key);
    }
  }
}

const stream = (key: string, everyMs: number, count: number, request: Partial<Request> = {}): Request[] =>
  Array.from({ length: count }, (_, i) => ({
    key,
    arrivesAtMs: i * everyMs,
    windows: 1,
    patienceMs: 10_000,
    ...request,
  }));

describe('under steady load', () => {
  test('a long request of the same key is done before its deadline, though short ones never stop coming', () => {
    // Short requests take 80 % of the engine, and each would go before the long one.
    const short = stream('anybody', 125, 400);
    const long: Request = { key: 'anybody', arrivesAtMs: 0, windows: 20, patienceMs: 20_000 };
    const [longDoneAtMs, ...others] = simulate([long, ...short]);
    expect(longDoneAtMs).toBeLessThanOrEqual(20_000);
    expect(others.every((doneAtMs) => doneAtMs !== undefined)).toBe(true);
  });

  test('a request that is a little longer than the others of its key waits hardly longer', () => {
    // They take all of the engine, and each would go before it.
    const short = stream('anybody', WINDOW_MS, 200, { patienceMs: 60_000 });
    const [doneAtMs] = simulate([{ key: 'anybody', arrivesAtMs: 0, windows: 2, patienceMs: 60_000 }, ...short]);
    expect(doneAtMs).toBeLessThan(25 * WINDOW_MS);
  });

  test('a key with a flood of requests does not hold up another', () => {
    const flood = stream('flood', 0, 100, { patienceMs: 60_000 });
    const polite = stream('polite', 1000, 10);
    const doneAtMs = simulate([...polite, ...flood]).slice(0, polite.length);
    // At most the flood's window that runs already.
    doneAtMs.forEach((at, i) => {
      expect(at! - polite[i]!.arrivesAtMs).toBeLessThanOrEqual(3 * WINDOW_MS);
    });
  });

  test('a key that comes back has no credit for its absence', () => {
    const steady = stream('steady', 100, 100);
    // It was away for five seconds, and has fifty requests then.
    const back = stream('back', 0, 50, { arrivesAtMs: 5000, patienceMs: 60_000 });
    const doneAtMs = simulate([...steady, ...back]);
    const steadyWhileBack = doneAtMs.slice(50, 70).map((at, i) => at! - steady[50 + i]!.arrivesAtMs);
    // Turns: the steady key, whose own windows would take all of the engine, gets half of it.
    expect(Math.max(...steadyWhileBack)).toBeLessThan(20 * WINDOW_MS + 500);
    expect(doneAtMs[50]).toBeLessThanOrEqual(5000 + 3 * WINDOW_MS);
  });

  test('keys get alike much of the engine, though the requests of one are long', () => {
    const short = stream('short', 0, 60, { patienceMs: 1e6 });
    const long = stream('long', 0, 6, { windows: 10, patienceMs: 1e6 });
    const doneAtMs = simulate([...short, ...long]);
    const half = 60 * WINDOW_MS;
    const shortByThen = doneAtMs.slice(0, 60).filter((at) => at! <= half).length;
    // The other half of the time went to the long ones.
    expect(shortByThen).toBe(30);
  });

  test('nothing waits for ever: all is done, or its deadline comes', () => {
    const anyRequest = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      arrivesAtMs: fc.integer({ min: 0, max: 3000 }),
      windows: fc.integer({ min: 1, max: 8 }),
      patienceMs: fc.integer({ min: 500, max: 5000 }),
    });
    fc.assert(
      fc.property(fc.array(anyRequest, { maxLength: 40 }), (requests) => {
        simulate(requests).forEach((at, i) => {
          const { arrivesAtMs, patienceMs } = requests[i]!;
          // A window that runs at the deadline runs on.
          if (at !== undefined) expect(at).toBeLessThan(arrivesAtMs + patienceMs + WINDOW_MS);
        });
      }),
    );
  });

  test('where the engine has time for everything nothing is late', () => {
    const anyRequest = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      windows: fc.integer({ min: 1, max: 8 }),
      idleMs: fc.integer({ min: 0, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(anyRequest, { maxLength: 40 }), (requests) => {
        let arrivesAtMs = 0;
        // Each comes when all before it could be done, and may wait as long as all of them take.
        const all = requests.map(({ key, windows, idleMs }) => {
          const request = { key, windows, arrivesAtMs, patienceMs: 3 * windows * WINDOW_MS + WINDOW_MS };
          arrivesAtMs += windows * WINDOW_MS + idleMs;
          return request;
        });
        expect(simulate(all).every((at) => at !== undefined)).toBe(true);
      }),
    );
  });
});
