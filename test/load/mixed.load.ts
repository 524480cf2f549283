import { closedLoop } from '../../service/bench/load/closed-loop';
import { LoadClient, type Leaving } from '../../service/bench/load/load-client';
import type { AudioFile } from '../../service/bench/load/load-request';
import { percentile } from '../../service/bench/load/percentile';
import { SeededRandom } from '../../service/bench/load/seeded-random';
import { imageMemorySettings } from '../support/image-environment';
import { sample } from '../support/nano';
import { watchProbe } from '../support/probe-watch';
import { holdingsSettled, untilAudioThreadRenewed } from '../support/process-group';
import { ServerProcess } from '../support/server-process';
import { garbageRequest } from './garbage';
import { REQUEST_KINDS, type RequestKind } from './request-kinds';

const PROMISED_REQUESTS = 2_000;
const REQUESTS = Number(process.env.LOAD_REQUESTS ?? PROMISED_REQUESTS);
const CONCURRENCY = 16;
const SEED = 20_261_126;
const LEAVING_SHARE = 0.1;
const GARBAGE_SHARE = 0.1;
/** The promise is 20 ms on an idle machine. */
const PROBE_P99_BOUND_MS = 5 * 20;
/**
 * Either way: some 12 MiB. A leak of a tenth of the uploads would be 16 MiB. A shorter run, as on machines that others use
 * too, says less of a trend and is as noisy.
 */
const CHANGE_BOUND = REQUESTS >= PROMISED_REQUESTS ? 0.05 : 0.12;
/** Within it the server decodes the audio, and most often also the text. */
const LONGEST_STAY_MS = 1_000;

/** The shortest samples of the embedded model: the number of requests is what counts here. */
const FILES: readonly AudioFile[] = ['en-02.wav', 'en-04.wav', 'de-01.wav'].map((name) => ({
  name,
  bytes: sample(name).bytes,
}));

interface Tally {
  readonly answeredAfterMs: number[];
  refused: number;
  left: number;
  garbage: number;
}

describe('the server under mixed load', () => {
  let server: ServerProcess;
  /** What each kind answers to each file when nothing else is asked. */
  const expected = new Map<string, string>();
  const asked = REQUEST_KINDS.flatMap((kind) => FILES.map((file) => ({ kind, file, request: kind.request(file) })));
  const keyOf = (kind: RequestKind, file: AudioFile): string => `${kind.name} ${file.name}`;

  beforeAll(async () => {
    server = await ServerProcess.start(imageMemorySettings());
    const client = new LoadClient(server.port);
    for (const { kind, file, request } of asked) {
      const { status, body } = await client.send(request);
      if (status !== 200) throw new Error(`${kind.name} of ${file.name}: ${status} ${body}`);
      expected.set(keyOf(kind, file), kind.essence(body));
    }
    client.close();
  }, 60_000);
  afterAll(() => server.stop());

  /** One request of the mix. */
  async function oneOf(client: LoadClient, random: SeededRandom, tally: Tally): Promise<void> {
    const lot = random.next();
    if (lot < GARBAGE_SHARE) {
      const { fault, request } = garbageRequest(random.pick(FILES), random);
      const { status, body } = await client.send(request);
      if (status < 400 || status >= 500) throw new Error(`${fault}: answered with ${status} ${body}`);
      tally.garbage++;
      return;
    }
    const { kind, file, request } = random.pick(asked);
    if (lot < GARBAGE_SHARE + LEAVING_SHARE) {
      const leaving: Leaving = random.pick<Leaving>([
        { afterShareOfBody: 0 },
        { afterShareOfBody: random.next() },
        { afterMs: LONGEST_STAY_MS * random.next() },
        { whenAnswerBegins: true },
      ]);
      await client.sendAndLeave(request, leaving);
      tally.left++;
      return;
    }
    const { status, headers, body, totalMs } = await client.send(request);
    if (status === 503) {
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      tally.refused++;
      return;
    }
    expect({ kind: kind.name, file: file.name, status, text: status === 200 ? kind.essence(body) : body }).toEqual({
      kind: kind.name,
      file: file.name,
      status: 200,
      text: expected.get(keyOf(kind, file)),
    });
    tally.answeredAfterMs.push(totalMs);
  }

  async function load(requests: number, seed: number): Promise<Tally> {
    const random = new SeededRandom(seed);
    const tally: Tally = { answeredAfterMs: [], refused: 0, left: 0, garbage: 0 };
    // Its connections end with it: those that it would keep differ from time to time.
    const client = new LoadClient(server.port);
    let begun = 0;
    await closedLoop(CONCURRENCY, () => (begun++ < requests ? oneOf(client, random, tally) : undefined));
    client.close();
    return tally;
  }

  it('says what was said when nothing else is asked', () => {
    for (const file of FILES) {
      expect(expected.get(keyOf(REQUEST_KINDS[0]!, file))).toContain(sample(file.name).text);
    }
  });

  it(`answers what stays and is well-formed, and holds nothing afterwards: ${REQUESTS} requests`, async () => {
    // As many again: until V8 and malloc have taken what such a load needs; from then on more of the same takes no more.
    await load(REQUESTS, SEED);
    const pid = server.child.pid!;
    await untilAudioThreadRenewed(pid);
    // Its connection is kept, and is the one that is asked by below: it counts as a file before the load as well as after.
    await server.get('/livez');
    const before = await holdingsSettled(pid);
    const { enginePid } = server;

    const probe = watchProbe(`${server.url}/livez`);
    const started = performance.now();
    const { answeredAfterMs, ...tally } = await load(REQUESTS, SEED + 1);
    const seconds = (performance.now() - started) / 1000;
    const latencies = await probe.stop();

    await untilAudioThreadRenewed(pid);
    const after = await holdingsSettled(pid);
    const p99 = percentile(latencies, 0.99);
    const ms = (values: readonly number[], quantile: number): string => `${percentile(values, quantile).toFixed(0)} ms`;
    const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    console.log(
      `${REQUESTS} requests in ${seconds.toFixed(0)} s: ${answeredAfterMs.length} answered, ${JSON.stringify(tally)}; ` +
        `answers after ${ms(answeredAfterMs, 0.5)} (median), ${ms(answeredAfterMs, 0.95)} (p95), ${ms(answeredAfterMs, 1)} (last); ` +
        `/livez after ${ms(latencies, 0.5)} (median), ${p99.toFixed(1)} ms (p99) of ${latencies.length}; ` +
        `resident ${mebibytes(before.residentBytes)} before, ${mebibytes(after.residentBytes)} after; ` +
        `files ${before.files} before, ${after.files} after`,
    );
    expect(answeredAfterMs.length + tally.refused + tally.left + tally.garbage).toBe(REQUESTS);
    // Fewer are asked at once than may be in, and none is late.
    expect(tally.refused).toBe(0);
    expect(server.enginePid).toBe(enginePid);
    expect(server.log.filter(({ msg }) => msg.includes('lost'))).toEqual([]);
    expect(server.log.filter(({ code }) => code === 'internal_error')).toEqual([]);
    expect(after.processes).toBe(before.processes);
    expect(after.files).toBe(before.files);
    expect(Math.abs(after.residentBytes / before.residentBytes - 1)).toBeLessThan(CHANGE_BOUND);
    expect(p99).toBeLessThan(PROBE_P99_BOUND_MS);
  }, 600_000);
});
