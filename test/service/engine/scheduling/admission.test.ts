import { Admission, type AdmissionLimits, type Capacity } from '../../../../service/src/engine/scheduling/admission';
import { EngineError } from '../../../../service/src/engine/engine-error';
import { FairShares } from '../../../../service/src/engine/scheduling/fair-shares';
import { WorkCosts } from '../../../../service/src/engine/scheduling/work-costs';
import { failureOf } from '../../../support/failure-of';

const IDLE: Capacity = { slots: 1, busySlots: 0, waiting: 0, oldestWaitMs: 0, readyInMs: 0, ended: undefined };
/** Costs 1 s. */
const WINDOW = { windows: 1, audioSeconds: 0 };

/** Admission to an engine that takes a second for a window, and a second for a request whose audio is not known. */
function admission(
  limits: Partial<AdmissionLimits> = {},
  capacity: Partial<Capacity> = {},
): { readonly admission: Admission; readonly costs: WorkCosts; readonly shares: FairShares } {
  const costs = new WorkCosts();
  costs.learnWindow({ windows: 1, audioSeconds: 1 }, { encodeMs: 900, decodeMs: 0, tokens: 0 }, 1000);
  costs.learnRequest(WINDOW);
  const shares = new FairShares();
  return {
    admission: new Admission({ maxQueue: 64, ...limits }, costs, shares, () => ({ ...IDLE, ...capacity })),
    costs,
    shares,
  };
}

const deadlineIn = (ms: number): number => performance.now() + ms;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a request at the door', () => {
  test('is let in when nobody is before it, however little time it has', () => {
    const { admission: door } = admission();
    expect(door.enter({ key: 'a', deadlineMs: deadlineIn(1) }).key).toBe('a');
    expect(door.load).toEqual({
      slots: 1,
      busySlots: 0,
      waiting: 0,
      oldestWaitMs: 0,
      inFlight: 1,
      predictedWaitMs: 1000,
    });
  });

  test('is refused when its deadline has passed', () => {
    const { admission: door } = admission();
    expect(failureOf(() => door.enter({ key: 'a', deadlineMs: deadlineIn(0) }))).toMatchObject({
      code: 'deadline_exceeded',
    });
  });

  test('is refused when as many are in as may wait and run, until one leaves', () => {
    const { admission: door } = admission({ maxQueue: 2 });
    const head = { key: 'a', deadlineMs: deadlineIn(60_000) };
    const first = door.enter(head);
    door.enter(head);
    door.enter(head);
    expect(failureOf(() => door.enter(head))).toMatchObject({ code: 'overloaded', retryAfterMs: 1000 });
    first.leave();
    first.leave();
    door.enter(head);
    expect(failureOf(() => door.enter(head))).toMatchObject({ code: 'overloaded' });
  });

  test('is refused when its key has as many in as it may have, and says when there may be room', () => {
    const { admission: door } = admission({ maxRequestsPerKey: 2 });
    const deadlineMs = deadlineIn(60_000);
    door.enter({ key: 'a', deadlineMs }).expect({ windows: 2, audioSeconds: 0 });
    const second = door.enter({ key: 'a', deadlineMs });
    second.expect({ windows: 4, audioSeconds: 0 });
    expect(failureOf(() => door.enter({ key: 'a', deadlineMs }))).toMatchObject({
      code: 'key_busy',
      retryAfterMs: 3000,
    });
    door.enter({ key: 'b', deadlineMs });
    second.leave();
    door.enter({ key: 'a', deadlineMs });
  });

  test('may have as many in as the queue holds where keys have no maximum', () => {
    const { admission: door } = admission({ maxQueue: 5 });
    for (let i = 0; i < 6; i++) door.enter({ key: 'a', deadlineMs: deadlineIn(60_000) });
    expect(door.load.inFlight).toBe(6);
  });

  test('is refused when those before it are not done before its deadline', () => {
    const { admission: door } = admission();
    door.enter({ key: 'a', deadlineMs: deadlineIn(9000) }).expect({ windows: 7, audioSeconds: 0 });
    // Nothing is known of it: it counts as the mean of 1 and 7.
    door.enter({ key: 'a', deadlineMs: deadlineIn(9000) });
    // A prediction of 11 s is taken for a quarter more.
    expect(failureOf(() => door.enter({ key: 'a', deadlineMs: deadlineIn(13_750) }))).toMatchObject({
      code: 'overloaded',
    });
    door.enter({ key: 'a', deadlineMs: deadlineIn(13_751) });
  });

  test('a burst of requests is not all let in, though nothing is known of their audio', () => {
    const { admission: door } = admission();
    let refusals = 0;
    for (let i = 0; i < 20; i++) {
      const error = failureOf(() => door.enter({ key: 'a', deadlineMs: deadlineIn(5500) }));
      if (error === undefined) continue;
      refusals++;
      expect(error).toMatchObject({ code: 'overloaded', retryAfterMs: 750 });
    }
    // Five can begin within 5.5 s of a second and a quarter each.
    expect([door.load.inFlight, refusals]).toEqual([5, 15]);
  });

  test('twice as many engine processes take in twice as many', () => {
    const { admission: door } = admission({}, { slots: 2 });
    for (let i = 0; i < 20; i++) failureOf(() => door.enter({ key: 'a', deadlineMs: deadlineIn(5500) }));
    expect(door.load.inFlight).toBe(9);
  });

  test('waits for an engine process that restarts, too', () => {
    const { admission: door } = admission({}, { readyInMs: 3000 });
    expect(door.load.predictedWaitMs).toBe(3000);
    const refused = failureOf(() => door.enter({ key: 'a', deadlineMs: deadlineIn(2000) }));
    expect(refused).toMatchObject({ code: 'overloaded', retryAfterMs: 1750 });
  });

  test('comes back in 200 ms at the earliest, and in 5 s at the latest', () => {
    const retryAfterMs = (readyInMs: number): unknown => {
      const { admission: door } = admission({}, { readyInMs });
      const error = failureOf(() => door.enter({ key: 'a', deadlineMs: deadlineIn(1000) }));
      return (error as EngineError).retryAfterMs;
    };
    expect([retryAfterMs(801), retryAfterMs(3000), retryAfterMs(60_000)]).toEqual([200, 2750, 5000]);
  });

  test('does not wait for a long one of another key that is due later, but takes turns with it', () => {
    const { admission: door } = admission();
    door.enter({ key: 'files', deadlineMs: deadlineIn(60_000) }).expect({ windows: 50, audioSeconds: 0 });
    expect(failureOf(() => door.enter({ key: 'calls', deadlineMs: deadlineIn(1250) }))).toMatchObject({
      code: 'overloaded',
    });
    door.enter({ key: 'calls', deadlineMs: deadlineIn(1251) });
  });

  test('does not wait for a long one of its own key that is due later', () => {
    const { admission: door } = admission();
    door.enter({ key: 'a', deadlineMs: deadlineIn(60_000) }).expect({ windows: 50, audioSeconds: 0 });
    door.enter({ key: 'a', deadlineMs: deadlineIn(1) });
  });

  test('waits longer for another key when its own has had more of the engine', () => {
    const { admission: door, shares } = admission();
    door.enter({ key: 'files', deadlineMs: deadlineIn(60_000) }).expect({ windows: 50, audioSeconds: 0 });
    door.enter({ key: 'calls', deadlineMs: deadlineIn(2500) }).expect(WINDOW);
    shares.charge('calls', 3000);
    // A second of its own key, the other key's turn of a second, and three that the other key has coming.
    expect(failureOf(() => door.enter({ key: 'calls', deadlineMs: deadlineIn(6250) }))).toMatchObject({
      code: 'overloaded',
    });
    door.enter({ key: 'calls', deadlineMs: deadlineIn(6251) });
  });

  test('is told when the engine has ended', () => {
    const ended = new EngineError('engine_stopped', 'the engine was stopped');
    const { admission: door } = admission({}, { ended });
    expect(failureOf(() => door.enter({ key: 'a', deadlineMs: deadlineIn(1000) }))).toBe(ended);
  });
});

describe('a ticket', () => {
  test('counts as an average request until its audio is known, and then as what it is', () => {
    const { admission: door } = admission();
    const ticket = door.enter({ key: 'a', deadlineMs: deadlineIn(60_000) });
    expect(ticket.remainingMs).toBe(1000);
    ticket.expect({ windows: 7, audioSeconds: 0 });
    expect(ticket.remainingMs).toBe(7000);
  });

  test('has less left to do with each window, and never less than what is queued', () => {
    const { admission: door } = admission();
    const ticket = door.enter({ key: 'a', deadlineMs: deadlineIn(60_000) });
    ticket.expect({ windows: 2, audioSeconds: 0 });
    const left = [];
    for (let i = 0; i < 3; i++) {
      ticket.windowQueued(WINDOW, performance.now());
      left.push(ticket.remainingMs);
      ticket.windowEnded(WINDOW);
    }
    expect([...left, ticket.remainingMs]).toEqual([2000, 1000, 1000, 0]);
  });

  test('makes room as its windows are done', () => {
    const { admission: door } = admission();
    const ticket = door.enter({ key: 'a', deadlineMs: deadlineIn(9000) });
    ticket.expect({ windows: 8, audioSeconds: 0 });
    ticket.windowQueued(WINDOW, performance.now());
    ticket.windowEnded(WINDOW);
    expect(door.load.predictedWaitMs).toBe(7000);
  });

  test('tries audio that is alone, whatever is predicted', () => {
    const { admission: door } = admission();
    const ticket = door.enter({ key: 'a', deadlineMs: deadlineIn(10_000) });
    ticket.expect({ windows: 11, audioSeconds: 0 });
    expect(door.load.inFlight).toBe(1);
  });

  test('refuses audio that takes longer than what is left, as too long', () => {
    const { admission: door } = admission();
    door.enter({ key: 'b', deadlineMs: deadlineIn(60_000) });
    const ticket = door.enter({ key: 'a', deadlineMs: deadlineIn(10_000) });
    const error = failureOf(() => {
      ticket.expect({ windows: 11, audioSeconds: 0 });
    });
    expect(error).toMatchObject({ code: 'deadline_exceeded', retryAfterMs: undefined });
    expect((error as Error).message).toContain('about 11.0 s, and 10.0 s are left');
  });

  test('refuses audio that takes too long behind what is before it, as too much at once', () => {
    const { admission: door } = admission();
    door.enter({ key: 'a', deadlineMs: deadlineIn(10_000) }).expect({ windows: 6, audioSeconds: 0 });
    const ticket = door.enter({ key: 'a', deadlineMs: deadlineIn(10_000) });
    jest.advanceTimersByTime(1000);
    const error = failureOf(() => {
      ticket.expect({ windows: 5, audioSeconds: 0 });
    });
    expect(error).toMatchObject({ code: 'overloaded', retryAfterMs: 2000 });
  });

  test('sums up what its windows took, and tells the wait for the first token', () => {
    const { admission: door } = admission();
    const ticket = door.enter({ key: 'a', deadlineMs: deadlineIn(60_000) });
    expect(ticket.timing).toEqual({ queueMs: 0, encodeMs: 0, decodeMs: 0, tokens: 0, windows: 0 });
    const queuedAtMs = performance.now();
    ticket.windowQueued(WINDOW, queuedAtMs);
    ticket.waited(30);
    ticket.worked({ encodeMs: 100, decodeMs: 40, tokens: 9, firstTokenMs: 110 }, queuedAtMs + 30);
    ticket.waited(5);
    ticket.worked({ encodeMs: 50, decodeMs: 10, tokens: 2, firstTokenMs: 60 }, queuedAtMs + 500);
    expect(ticket.timing).toEqual({
      queueMs: 35,
      encodeMs: 150,
      decodeMs: 50,
      tokens: 11,
      windows: 2,
      firstTokenMs: 140,
    });
  });

  test('counts its windows at short context, and those that were heard again by the reason', () => {
    const { admission: door } = admission();
    const ticket = door.enter({ key: 'a', deadlineMs: deadlineIn(60_000) });
    const took = { encodeMs: 1, decodeMs: 1, tokens: 1 };
    ticket.worked(took, 0);
    expect(ticket.timing.shortContext).toBeUndefined();
    ticket.worked(took, 0, { doubt: undefined });
    for (const doubt of ['unended', 'unlikely', 'unended'] as const) ticket.worked(took, 0, { doubt });
    ticket.worked(took, 0);
    expect(ticket.timing.windows).toBe(6);
    expect(ticket.timing.shortContext).toEqual({ windows: 4, reruns: { unended: 2, unlikely: 1 } });
  });
});
