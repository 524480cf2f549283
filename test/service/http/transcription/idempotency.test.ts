import { IdempotentResults } from '../../../../service/src/http/transcription/idempotency';

/** Work that ends when the test says so. */
class Work {
  runs = 0;
  signal: AbortSignal | undefined;
  resolve: (result: string) => void = () => undefined;
  reject: (error: Error) => void = () => undefined;

  tell: (progress: string) => void = () => undefined;

  readonly run = (signal: AbortSignal, tell: (progress: string) => void): Promise<string> => {
    this.runs++;
    this.signal = signal;
    this.tell = tell;
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  };
}

const never = new AbortController().signal;

describe('IdempotentResults', () => {
  let nowMs: number;
  let results: IdempotentResults<string, string>;
  let work: Work;

  beforeEach(() => {
    nowMs = 0;
    results = new IdempotentResults({ weigh: ({ length }) => length, maxWeight: 20_000, now: () => nowMs });
    work = new Work();
  });
  const ask = (key: string, fingerprint = 'f', signal = never): Promise<string> =>
    results.run({ key, fingerprint, signal }, work.run);

  it('does once what is asked for twice, while it is done and after', async () => {
    const both = [ask('a'), ask('a')];
    work.resolve('text');
    expect(await Promise.all(both)).toEqual(['text', 'text']);
    expect(await ask('a')).toBe('text');
    expect(work.runs).toBe(1);
  });

  it('does other keys by themselves', async () => {
    const one = ask('a');
    work.resolve('1');
    const other = ask('b');
    work.resolve('2');
    expect([await one, await other]).toEqual(['1', '2']);
  });

  it('refuses a key with something else under it', async () => {
    const first = ask('a');
    await expect(ask('a', 'other')).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    work.resolve('text');
    expect(await first).toBe('text');
  });

  it('goes on for those who still wait when one has gone, and tells that one why', async () => {
    const gone = new AbortController();
    const first = ask('a', 'f', gone.signal);
    const second = ask('a');
    gone.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect(work.signal!.aborted).toBe(false);
    work.resolve('text');
    expect(await second).toBe('text');
  });

  it('tells each who waits what was made before, and what is made while they wait', async () => {
    const heard: Record<string, string[]> = { first: [], second: [], gone: [] };
    const listen = (who: string, signal = never): Promise<string> =>
      results.run({ key: 'a', fingerprint: 'f', signal, onProgress: (step) => heard[who]!.push(step) }, work.run);
    const leaver = new AbortController();
    const first = listen('first');
    const gone = listen('gone', leaver.signal);
    work.tell('1');
    leaver.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    const second = listen('second');
    work.tell('2');
    work.resolve('12');
    expect([await first, await second]).toEqual(['12', '12']);
    expect(heard).toEqual({ first: ['1', '2'], second: ['1', '2'], gone: ['1'] });
  });

  it('keeps nothing, and counts nothing, of work that ends after its last caller has gone', async () => {
    for (let n = 0; n < 3; n++) {
      const leaver = new AbortController();
      let finish: (result: string) => void = () => undefined;
      const deaf = results.run({ key: `k${n}`, fingerprint: 'f', signal: leaver.signal }, () => {
        return new Promise((resolve) => {
          finish = resolve;
        });
      });
      leaver.abort(new Error('gone'));
      await expect(deaf).rejects.toThrow('gone');
      finish('x'.repeat(15_000));
    }
    const first = ask('a');
    work.resolve('text');
    await first;
    await ask('a');
    expect(work.runs).toBe(1);
  });

  it('stops work that nobody waits for any more, and begins anew when it is asked for again', async () => {
    const gone = new AbortController();
    const first = ask('a', 'f', gone.signal);
    gone.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect(work.signal!.aborted).toBe(true);
    const retry = ask('a');
    work.resolve('text');
    expect(await retry).toBe('text');
    expect(work.runs).toBe(2);
  });

  it('forgets failures', async () => {
    const first = ask('a');
    work.reject(new Error('overloaded'));
    await expect(first).rejects.toThrow('overloaded');
    const retry = ask('a');
    work.resolve('text');
    expect(await retry).toBe('text');
  });

  it('forgets results after ten minutes', async () => {
    const first = ask('a');
    work.resolve('text');
    await first;
    nowMs = 10 * 60_000 - 1;
    await ask('a');
    expect(work.runs).toBe(1);
    nowMs += 1;
    const again = ask('a');
    work.resolve('text');
    await again;
    expect(work.runs).toBe(2);
  });

  it.each([
    ['many results', 257, 1],
    ['large results', 3, 10_000],
  ])('forgets the oldest of %s', async (_what, count, length) => {
    for (let n = 0; n < count; n++) {
      const result = ask(`key-${n}`);
      work.resolve('x'.repeat(length));
      await result;
    }
    expect(work.runs).toBe(count);
    await ask(`key-${count - 1}`);
    await ask(`key-${count - 2}`);
    expect(work.runs).toBe(count);
    const oldest = ask('key-0');
    work.resolve('again');
    expect(await oldest).toBe('again');
  });
});
