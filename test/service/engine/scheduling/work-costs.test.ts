import { windowWork, WorkCosts } from '../../../../service/src/engine/scheduling/work-costs';

const ONE_OF_10_S = { windows: 1, audioSeconds: 10 };
const OPTIONS = { task: 'transcribe', timestamps: false, temperature: 0 } as const;

describe('WorkCosts', () => {
  test('knows nothing before the warm-up', () => {
    const costs = new WorkCosts();
    expect([costs.predictMs(ONE_OF_10_S), costs.meanRequestMs]).toEqual([0, 0]);
  });

  test('takes the warm-up for the first guess: five tokens are the text of a second', () => {
    const costs = new WorkCosts();
    costs.learnWarmUp({ encodeMs: 100, decodeMs: 20, tokens: 4 });
    expect(costs.predictMs(ONE_OF_10_S)).toBe(100 + 10 * 25);
    // An utterance of 5 s.
    expect(costs.meanRequestMs).toBe(100 + 5 * 25);
  });

  test('goes by the first window instead, and a restart does not bring the guess back', () => {
    const costs = new WorkCosts();
    costs.learnWarmUp({ encodeMs: 1000, decodeMs: 800, tokens: 4 });
    costs.learnWindow(ONE_OF_10_S, { encodeMs: 90, decodeMs: 50, tokens: 40 }, 150);
    costs.learnWarmUp({ encodeMs: 1000, decodeMs: 800, tokens: 4 });
    expect(costs.predictMs(ONE_OF_10_S)).toBe(150);
    expect(costs.predictMs({ windows: 3, audioSeconds: 0 })).toBe(300);
  });

  test('knows what a window takes, whatever is in it', () => {
    const costs = new WorkCosts();
    expect(costs.meanWindowMs).toBe(0);
    costs.learnWarmUp({ encodeMs: 100, decodeMs: 20, tokens: 4 });
    expect(costs.meanWindowMs).toBe(100);
    costs.learnWindow(ONE_OF_10_S, { encodeMs: 100, decodeMs: 50, tokens: 40 }, 160);
    costs.learnWindow({ windows: 1, audioSeconds: 2 }, { encodeMs: 100, decodeMs: 10, tokens: 8 }, 120);
    expect(costs.meanWindowMs).toBeCloseTo((160 + 120) / 2);
  });

  test('counts what a window takes beside its encoder and its text', () => {
    const costs = new WorkCosts();
    costs.learnWindow(ONE_OF_10_S, { encodeMs: 100, decodeMs: 50, tokens: 40 }, 170);
    expect(costs.predictMs({ windows: 1, audioSeconds: 0 })).toBe(120);
  });

  test('follows what changes, and not every single value', () => {
    const costs = new WorkCosts();
    const learn = (times: number, encodeMs: number): void => {
      for (let i = 0; i < times; i++) costs.learnWindow(ONE_OF_10_S, { encodeMs, decodeMs: 0, tokens: 0 }, encodeMs);
    };
    learn(20, 100);
    learn(1, 1000);
    expect(costs.predictMs(ONE_OF_10_S)).toBeCloseTo(190);
    learn(50, 200);
    expect(Math.abs(costs.predictMs(ONE_OF_10_S) - 200)).toBeLessThan(1);
  });

  test('does not let many short windows speak louder than a long one', () => {
    const costs = new WorkCosts();
    costs.learnWindow({ windows: 1, audioSeconds: 0.5 }, { encodeMs: 0, decodeMs: 50, tokens: 3 }, 50);
    costs.learnWindow({ windows: 1, audioSeconds: 29.5 }, { encodeMs: 0, decodeMs: 250, tokens: 150 }, 250);
    expect(costs.predictMs({ windows: 0, audioSeconds: 30 })).toBeCloseTo(300);
  });

  test('at short context goes by what is heard of the windows, with the margin behind each', () => {
    const costs = new WorkCosts(1, { marginSeconds: 2.5 });
    costs.learnWarmUp({ encodeMs: 300, decodeMs: 0, tokens: 4 });
    expect(costs.predictMs({ windows: 1, audioSeconds: 5 })).toBeCloseTo(75);
    costs.learnWindow({ windows: 1, audioSeconds: 5 }, { encodeMs: 50, decodeMs: 0, tokens: 0 }, 50, true);
    expect(costs.predictMs({ windows: 1, audioSeconds: 5 })).toBeCloseTo(50);
    expect(costs.predictMs({ windows: 2, audioSeconds: 25 })).toBeCloseTo(200);
    // A window is 30 s, whatever the margin.
    expect(costs.predictMs({ windows: 1, audioSeconds: 30 })).toBeCloseTo(200);
  });

  test('does not take a window that was heard whole for a short one', () => {
    const costs = new WorkCosts(1, { marginSeconds: 2.5 });
    costs.learnWindow({ windows: 1, audioSeconds: 0.2 }, { encodeMs: 300, decodeMs: 0, tokens: 0 }, 300);
    expect(costs.predictMs({ windows: 1, audioSeconds: 5 })).toBeCloseTo(75);
  });

  test('learns what a request costs from those whose audio is known', () => {
    const costs = new WorkCosts();
    costs.learnWindow(ONE_OF_10_S, { encodeMs: 100, decodeMs: 100, tokens: 40 }, 200);
    costs.learnRequest({ windows: 2, audioSeconds: 20 });
    expect(costs.meanRequestMs).toBe(400);
    costs.learnRequest({ windows: 0, audioSeconds: 0 });
    expect(costs.meanRequestMs).toBe(200);
  });
});

describe('windowWork', () => {
  const seconds = (length: number): Float32Array => new Float32Array(length * 16_000);

  test('is a window and its audio', () => {
    expect(windowWork(seconds(7), OPTIONS)).toEqual({ windows: 1, audioSeconds: 7 });
  });

  test('counts no more audio than the tokens that are wanted can be the text of', () => {
    expect(windowWork(seconds(30), { ...OPTIONS, maxNewTokens: 1 })).toEqual({ windows: 1, audioSeconds: 0.2 });
    expect(windowWork(seconds(7), { ...OPTIONS, maxNewTokens: 224 })).toEqual({ windows: 1, audioSeconds: 7 });
  });

  test('takes two processes that share the threads of one to get as much done together', () => {
    const costs = new WorkCosts();
    costs.learnWarmUp({ encodeMs: 100, decodeMs: 20, tokens: 4 });
    costs.shareBetween(2);
    expect(costs.predictMs(ONE_OF_10_S)).toBe(2 * (100 + 10 * 25));
    costs.learnWindow(ONE_OF_10_S, { encodeMs: 180, decodeMs: 100, tokens: 40 }, 300);
    costs.learnRequest(ONE_OF_10_S);
    costs.shareBetween(1);
    expect([costs.predictMs(ONE_OF_10_S), costs.meanRequestMs]).toEqual([150, 150]);
  });

  test('knows how soon work is done that has the engine for itself', () => {
    const costs = new WorkCosts(2);
    costs.learnWindow(ONE_OF_10_S, { encodeMs: 100, decodeMs: 100, tokens: 40 }, 200);
    // Both processes work at it, but no window is shared.
    expect([50, 200, 300, 2000].map((costMs) => costs.leastMs(costMs))).toEqual([50, 200, 200, 1000]);
  });
});
