import type { BenchCase } from './cases';
import type { Driver } from './driver';
import type { LoadLayout, PeerDefinition } from './peers';
import { ServerUnderTest } from './server-under-test';
import type { Workbench } from './workbench';

/** Something that many clients may ask at once. */
export interface ServiceUnderLoad {
  /** Its first processes; others may come from them. */
  readonly pids: readonly number[];
  /** One case from beginning to end. */
  readonly serve: () => Promise<void>;
  /** @returns milliseconds until a probe was answered */
  readonly probe: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/**
 * This repository's server over HTTP. For the others the thinnest service that there can be: no HTTP, no audio format, a
 * request goes to the process with the fewest, and what its library does with several at once is the library's.
 */
export async function startService(
  bench: Workbench,
  peer: PeerDefinition,
  { processes, options }: LoadLayout,
  { audio, tokens }: BenchCase,
): Promise<ServiceUnderLoad> {
  if (peer.kind === 'server') {
    const request = ServerUnderTest.request(bench.cache.audioFolder, audio);
    const server = await ServerUnderTest.start({
      folder: bench.cache.model(peer),
      precision: peer.precision!,
      tokensPerWindow: tokens,
    });
    return {
      pids: [server.pid],
      serve: async () => {
        await server.transcribe(request);
      },
      probe: () => server.probe(),
      stop: () => server.stop(),
    };
  }
  const drivers: { readonly driver: Driver; busy: number }[] = [];
  for (let process = 0; process < processes; process++) {
    drivers.push({ driver: await bench.startDriver(peer, options), busy: 0 });
  }
  return {
    pids: drivers.map(({ driver }) => driver.pid),
    serve: async () => {
      const least = drivers.reduce((one, other) => (other.busy < one.busy ? other : one));
      least.busy++;
      try {
        await least.driver.decode(audio, tokens);
      } finally {
        least.busy--;
      }
    },
    probe: () => drivers[0]!.driver.ping(),
    stop: async () => {
      await Promise.all(drivers.map(({ driver }) => driver.stop()));
    },
  };
}
