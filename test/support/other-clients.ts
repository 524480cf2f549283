import { get } from 'node:http';
import { sample } from './nano';
import { transcriptionRequest, type ServerProcess } from './server-process';

const { bytes, text } = sample('en-02.wav');

/** The kubelet waits three seconds (lib/probes.ts); on a busy machine only three times that fails. */
const PROBE_TIMEOUT_MS = 3 * 3_000;

export interface Served {
  readonly transcriptions: number;
  readonly probes: number;
}

/**
 * Those who use a server as they should while it is attacked: an agent that transcribes all the time, and a kubelet
 * that probes all the time.
 */
export class OtherClients {
  private readonly served = { transcriptions: 0, probes: 0 };
  private stopping = false;
  private readonly done: Promise<unknown>;

  constructor(private readonly server: ServerProcess) {
    this.done = Promise.all([
      this.repeat(async () => {
        await transcribe(this.server);
        this.served.transcriptions++;
      }),
      ...['/livez', '/readyz'].map((path) =>
        this.repeat(async () => {
          await probe(this.server.port, path);
          this.served.probes++;
        }),
      ),
    ]);
    // Its failure is what stop() tells, not one that nobody handled.
    this.done.catch(() => undefined);
  }

  /**
   * Each of them asks once more, so that what follows an attack counts as well.
   *
   * @throws the first failure that any of them met
   */
  async stop(): Promise<Served> {
    this.stopping = true;
    await this.done;
    return this.served;
  }

  private async repeat(request: () => Promise<void>): Promise<void> {
    while (!this.stopping) await request();
    await request();
  }
}

async function transcribe(server: ServerProcess): Promise<void> {
  const response = await transcriptionRequest(server, bytes);
  const answer = await response.text();
  if (!answer.includes(JSON.stringify(text))) throw new Error(`a transcription got ${response.status} ${answer}`);
}

/** On a connection of its own, as the kubelet does. */
function probe(port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: PROBE_TIMEOUT_MS }, (response) => {
      response.resume();
      if (response.statusCode === 200) response.once('end', resolve);
      else reject(new Error(`${path} answered ${response.statusCode}`));
    });
    request.once('timeout', () => request.destroy(new Error(`${path} did not answer in ${PROBE_TIMEOUT_MS} ms`)));
    request.once('error', reject);
  });
}
