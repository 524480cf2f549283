import { createHash } from 'node:crypto';
import { sample } from '../support/nano';
import { crashingEngine, ServerProcess, transcriptionRequest, type LogLine } from '../support/server-process';

/** Both are one window: the upload that ends the engine is longer, the other one shorter. */
const POISON = sample('en-06.wav');
const HARMLESS = sample('en-01.wav');
const CRASH_FROM_SECONDS = 4.5;

describe('an upload that ends the engine', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start({ STT_ENGINE_PROCESSES: '1', ...crashingEngine(CRASH_FROM_SECONDS) });
  });
  afterAll(() => server.stop());

  const losses = (): LogLine[] => server.log.filter(({ msg }) => msg === 'engine process lost; restarting it');

  it('is tried twice, then refused, and from then on not tried any more; others are served', async () => {
    expect(POISON.duration).toBeGreaterThan(CRASH_FROM_SECONDS);
    expect(HARMLESS.duration).toBeLessThan(CRASH_FROM_SECONDS);
    const first = await transcriptionRequest(server, POISON.bytes);
    expect(first.status).toBe(422);
    expect(await first.json()).toMatchObject({ error: { code: 'poison_request' } });
    const sha256 = createHash('sha256').update(POISON.bytes).digest('hex');
    await server.until(() => server.log.some((line) => line.sha256 === sha256), 'its hash in the log');
    expect(losses()).toHaveLength(2);

    const again = await transcriptionRequest(server, POISON.bytes);
    expect(again.status).toBe(422);
    expect(again.headers.get('x-should-retry')).toBeNull();
    const served = await transcriptionRequest(server, HARMLESS.bytes);
    expect(await served.json()).toMatchObject({ text: HARMLESS.text });
    expect(losses()).toHaveLength(2);
  }, 90_000);
});
