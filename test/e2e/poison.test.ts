import { createHash } from 'node:crypto';
import { sample } from '../support/nano';
import { cpuSeconds, untilIdle } from '../support/processes';
import { ServerProcess, transcriptionRequest } from '../support/server-process';

/** CPU time after which the engine is in the middle of a window. */
const WORKING_CPU_SECONDS = 0.05;

describe('an upload that ends the engine', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start({ STT_ENGINE_PROCESSES: '1' });
  });
  afterAll(() => server.stop());

  /** Kills the engine as soon as it works, as an upload would that crashes it. */
  async function crashOnce(): Promise<void> {
    const { enginePid } = server;
    const idle = await cpuSeconds(enginePid);
    await server.until(async () => (await cpuSeconds(enginePid)) > idle + WORKING_CPU_SECONDS, 'the engine to work');
    process.kill(enginePid, 'SIGKILL');
    await server.until(() => server.enginePid !== enginePid, 'another engine');
  }

  it('is tried twice, then refused, and from then on not tried any more; others are served', async () => {
    // One window: both times it is the same.
    const poison = sample('en-03.wav').bytes;
    await untilIdle(server.enginePid);
    const first = transcriptionRequest(server, poison);
    await crashOnce();
    await crashOnce();
    const response = await first;
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code: 'poison_request' } });
    const sha256 = createHash('sha256').update(poison).digest('hex');
    expect(server.log.some((line) => line.sha256 === sha256)).toBe(true);

    const { enginePid } = server;
    const again = await transcriptionRequest(server, poison);
    expect(again.status).toBe(422);
    expect(again.headers.get('x-should-retry')).toBeNull();
    const { bytes, text } = sample('en-01.wav');
    expect(await (await transcriptionRequest(server, bytes)).json()).toMatchObject({ text });
    expect(server.enginePid).toBe(enginePid);
  }, 90_000);
});
