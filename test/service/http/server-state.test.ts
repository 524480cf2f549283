import { EventEmitter } from 'node:events';
import type { Engine } from '../../../service/src/engine/engine';
import { ServerState } from '../../../service/src/http/server-state';

/** What probes read of an engine. */
class ReadEngine extends EventEmitter<{ ready: [] }> {
  isReady = true;
  isHung = false;
  isHeld = false;
  waitMs = 0;
  readonly admission = { load: { predictedWaitMs: 0 } };

  wait(seconds: number): void {
    this.admission.load.predictedWaitMs = seconds * 1000;
  }
}

describe('ServerState', () => {
  const stateOf = (engine: ReadEngine, maxWaitSeconds = 0): ServerState =>
    new ServerState(engine as Pick<Engine, 'isReady' | 'isHung' | 'isHeld'> as Engine, maxWaitSeconds);

  it('has started once the engine was warm, also while that restarts', () => {
    const engine = new ReadEngine();
    const state = stateOf(engine);
    expect(state.started).toBe(false);
    engine.emit('ready');
    engine.isReady = false;
    expect([state.started, state.readiness]).toEqual([true, 'loading']);
  });

  it('has not started while the engine is held, warm as it may be', () => {
    const engine = new ReadEngine();
    const state = stateOf(engine);
    engine.isHeld = true;
    engine.emit('ready');
    expect(state.started).toBe(false);
    engine.isHeld = false;
    expect(state.started).toBe(true);
  });

  it('is draining from then on, whatever the engine does', () => {
    const state = stateOf(new ReadEngine());
    expect(state.readiness).toBe('ready');
    state.drain();
    expect(state.readiness).toBe('draining');
  });

  it('is hung as the engine says, and gets no requests until its work gets on', () => {
    const engine = new ReadEngine();
    const state = stateOf(engine);
    engine.isHung = true;
    expect([state.hung, state.readiness]).toEqual([true, 'hung']);
    engine.isHung = false;
    expect([state.hung, state.readiness]).toEqual([false, 'ready']);
  });

  it('is full from the longest wait on, until half of it is left', () => {
    const engine = new ReadEngine();
    const state = stateOf(engine, 2);
    const seen = [1.9, 2.1, 1.5, 1.1, 0.9, 1.5].map((seconds) => {
      engine.wait(seconds);
      return state.readiness;
    });
    expect(seen).toEqual(['ready', 'full', 'full', 'full', 'ready', 'ready']);
  });

  it('is ready however long the wait, where no longest one is set', () => {
    const engine = new ReadEngine();
    engine.wait(1000);
    expect(stateOf(engine).readiness).toBe('ready');
  });
});
