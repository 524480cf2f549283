import type { BenchCache, Missing } from './bench-cache';
import { Driver } from './driver';
import type { DriverOptions } from './drivers/driver-protocol';
import { THREADS, type PeerDefinition } from './peers';

/** Where peers are started from, and what is said meanwhile. */
export class Workbench {
  private readonly missing: Map<PeerDefinition['id'], string>;

  constructor(
    readonly cache: BenchCache,
    private readonly asked: readonly PeerDefinition[],
    missing: Missing,
    readonly say: (what: string) => void,
  ) {
    this.missing = new Map(missing);
  }

  /** Those that are measured: they were asked for, can be had here, and have not failed. */
  get peers(): readonly PeerDefinition[] {
    return this.asked.filter(({ id }) => !this.missing.has(id));
  }

  /** Why a peer is not among them. */
  whyMissing({ id }: PeerDefinition): string | undefined {
    return this.missing.get(id);
  }

  /** Measures something of a peer. Where that fails it is measured no more, and the others go on. */
  async attempt<Result>(peer: PeerDefinition, measure: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await measure();
    } catch (error) {
      const { message } = error as Error;
      this.say(`failed: ${message}`);
      this.missing.set(peer.id, message.trim().split('\n').at(0)!);
      return undefined;
    }
  }

  startDriver(peer: PeerDefinition, options: Partial<DriverOptions> = {}): Promise<Driver> {
    const stated: DriverOptions = {
      model: this.cache.model(peer),
      audioFolder: this.cache.audioFolder,
      nodeModules: this.cache.nodeModules,
      precision: peer.precision,
      threads: THREADS,
      ...options,
    };
    const { driver, kind } = peer;
    const command = kind === 'python' ? this.cache.pythonDriver(driver) : this.cache.nodeDriver(driver);
    return Driver.start(peer.title, [...command, JSON.stringify(stated)]);
  }
}
