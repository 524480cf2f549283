import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { DriverMessage, DriverOptions, DriverRequest } from './driver-protocol';

/** A loaded library. */
export interface Peer {
  /** Versions and settings, in words. */
  readonly about: string;
  /** @returns how many tokens it decoded */
  readonly decode: (samples: Float32Array, tokens: number) => Promise<number>;
}

/** Runs a peer in this process, whose argument is its {@link DriverOptions}. It ends with its standard input. */
export async function answerRequests(load: (options: DriverOptions) => Promise<Peer>): Promise<void> {
  const options = JSON.parse(process.argv[2]!) as DriverOptions;
  const peer = await load(options);
  const recordings = new Map<string, Float32Array>();
  const recording = (name: string): Float32Array => {
    const samples = recordings.get(name) ?? readSamples(path.join(options.audioFolder, `${name}.f32`));
    recordings.set(name, samples);
    return samples;
  };
  const waiting: Extract<DriverRequest, { do: 'decode' }>[] = [];
  let idle = options.workers ?? 1;
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { id, audio, tokens } = next;
      try {
        const samples = recording(audio);
        const started = performance.now();
        const count = await peer.decode(samples, tokens);
        send({ id, ms: performance.now() - started, tokens: count });
      } catch (error) {
        send({ id, error: String(error) });
      }
    }
    idle++;
  };
  createInterface(process.stdin)
    .on('line', (line) => {
      const request = JSON.parse(line) as DriverRequest;
      if (request.do === 'ping') {
        send({ id: request.id });
        return;
      }
      waiting.push(request);
      if (idle === 0) return;
      idle--;
      void work();
    })
    .once('close', () => process.exit());
  send({ ready: peer.about });
}

function send(message: DriverMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function readSamples(file: string): Float32Array {
  const bytes = readFileSync(file);
  const samples = new Float32Array(bytes.length / Float32Array.BYTES_PER_ELEMENT);
  new Uint8Array(samples.buffer).set(bytes);
  return samples;
}
