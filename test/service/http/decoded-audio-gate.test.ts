import { DecodedAudioGate } from '../../../service/src/http/decoded-audio-gate';

/** A decoding that ends when it is told to. */
function pending(durationS: number): {
  work: () => Promise<{ durationS: number }>;
  started: boolean;
  finish: () => void;
} {
  const state = { started: false, finish: (): void => undefined, work: () => Promise.resolve({ durationS }) };
  state.work = () => {
    state.started = true;
    return new Promise((resolve) => {
      state.finish = () => {
        resolve({ durationS });
      };
    });
  };
  return state;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('DecodedAudioGate', () => {
  const { signal } = new AbortController();

  it('decodes two uploads at a time, in order', async () => {
    const gate = new DecodedAudioGate(100);
    const [first, second, third] = [pending(1), pending(2), pending(3)];
    const decoded = [first, second, third].map(({ work }) => gate.decode(work, signal));
    await settled();
    expect([first.started, second.started, third.started]).toEqual([true, true, false]);
    second.finish();
    await settled();
    expect(third.started).toBe(true);
    first.finish();
    third.finish();
    expect(await Promise.all(decoded)).toEqual([{ durationS: 1 }, { durationS: 2 }, { durationS: 3 }]);
  });

  it('holds uploads back while the limit is in use, until enough is released', async () => {
    const gate = new DecodedAudioGate(100);
    const long = await gate.decode(() => Promise.resolve({ durationS: 150 }), signal);
    const next = pending(1);
    void gate.decode(next.work, signal);
    await settled();
    expect(next.started).toBe(false);
    gate.release(long);
    await settled();
    expect(next.started).toBe(true);
  });

  it('lets the next one in after a failure', async () => {
    const gate = new DecodedAudioGate(100);
    await expect(gate.decode(() => Promise.reject(new Error('corrupt')), signal)).rejects.toThrow('corrupt');
    expect(await gate.decode(() => Promise.resolve({ durationS: 1 }), signal)).toEqual({ durationS: 1 });
  });

  it('forgets who has hung up while waiting', async () => {
    const gate = new DecodedAudioGate(100);
    const first = pending(1);
    void gate.decode(pending(1).work, signal);
    const abort = new AbortController();
    const decoding = gate.decode(first.work, signal);
    const gone = pending(1);
    const waiting = gate.decode(gone.work, abort.signal);
    abort.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    first.finish();
    await decoding;
    await settled();
    expect(gone.started).toBe(false);
    expect(await gate.decode(() => Promise.resolve({ durationS: 2 }), signal)).toEqual({ durationS: 2 });
  });
});
