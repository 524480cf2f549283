import { Engine, NANO_ENGINE, SECOND } from '../../support/nano-engine';

test('a held engine loads and is not ready, and works as soon as it is released', async () => {
  const engine = new Engine(NANO_ENGINE);
  try {
    engine.hold();
    await engine.start();
    expect([engine.isHeld, engine.isReady]).toEqual([true, false]);
    const window = engine.decodeWindow(SECOND, { task: 'transcribe', timestamps: false, temperature: 0 });
    expect(engine.admission.load).toMatchObject({ busySlots: 0, waiting: 1 });

    engine.release();
    expect([engine.isHeld, engine.isReady]).toEqual([false, true]);
    expect((await window).language).toBe('en');
  } finally {
    await engine.stop();
  }
});
