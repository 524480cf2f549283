import { ENV } from '../../../lib/contract';
import { closedLoop } from '../load/closed-loop';
import { LONG_FILE, OTHER_LENGTHS, WINDOW_CASE } from './cases';
import type { LoadLayout, PeerDefinition } from './peers';
import type { LengthFigures, LongFileFigures } from './results';
import { ServerUnderTest } from './server-under-test';
import { startService } from './service-under-load';
import type { Workbench } from './workbench';

/** Windows that are on their way to a peer at once: as many as its largest batch holds. */
const WINDOWS_AT_ONCE = 8;
/** About the least that a decoder can be limited to; here to count windows. */
const FEWEST_TOKENS = 8;

/** Three hours are more than the server takes by itself: in length, in bytes and in time. */
const LONG_AUDIO = {
  [ENV.maxAudioSeconds]: '11000',
  [ENV.maxBodyBytes]: String(2 ** 29),
  [ENV.requestTimeoutSeconds]: '3600',
};

interface LongFileTime {
  readonly seconds: number;
  readonly windows: number;
}

/**
 * Ten minutes of speech. This server gets the file, finds the pauses and cuts it there. The others get as many windows as
 * their own way with long audio makes of it, all that they can take at once, in their best layout.
 */
export class LongFile {
  /** That this server cuts the file into, whatever the precision. */
  private ownWindows: number | undefined;

  constructor(private readonly bench: Workbench) {}

  async measure(peer: PeerDefinition, layout: LoadLayout): Promise<LongFileFigures> {
    this.bench.say(`ten minutes: ${peer.title}`);
    const { seconds, windows } =
      peer.kind === 'server' ? await this.throughServer(peer) : await this.windowByWindow(peer, layout);
    const figures = { layout: layout.name, seconds, windows, realTimeFactor: seconds / LONG_FILE.seconds };
    return peer.hasOtherLengths === true ? { ...figures, lengths: await this.otherLengths(peer) } : figures;
  }

  private async otherLengths(peer: PeerDefinition): Promise<readonly LengthFigures[]> {
    const lengths: LengthFigures[] = [];
    for (const { audio, seconds: audioSeconds } of OTHER_LENGTHS) {
      this.bench.say(`${audio}: ${peer.title}`);
      lengths.push({
        audioSeconds,
        tokens: this.tokensPerWindow,
        ...(await this.throughServerOnce(peer, this.tokensPerWindow, audio, LONG_AUDIO)),
      });
    }
    return lengths;
  }

  /** As many tokens as windows of 30 s hold together, in the server's own number of windows. */
  private async throughServer(peer: PeerDefinition): Promise<LongFileTime> {
    this.ownWindows ??= (await this.throughServerOnce(peer, FEWEST_TOKENS)).windows;
    return this.throughServerOnce(peer, this.tokensPerWindow);
  }

  private get tokensPerWindow(): number {
    const tokens = (LONG_FILE.seconds / WINDOW_CASE.seconds) * WINDOW_CASE.tokens;
    return Math.round(tokens / this.ownWindows!);
  }

  private async throughServerOnce(
    peer: PeerDefinition,
    tokensPerWindow: number,
    audio = LONG_FILE.audio,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<LongFileTime> {
    const { cache } = this.bench;
    const model = { folder: cache.model(peer), precision: peer.precision!, tokensPerWindow };
    const server = await ServerUnderTest.start(model, environment);
    try {
      await server.transcribe(ServerUnderTest.request(cache.audioFolder, WINDOW_CASE.audio));
      const before = await server.decoded();
      const ms = await server.transcribe(ServerUnderTest.request(cache.audioFolder, audio));
      const after = await server.decoded();
      const windows = after.windows - before.windows;
      const tokens = after.tokens - before.tokens;
      // The last token of a window is not read again, and not counted.
      if (tokens !== windows * (tokensPerWindow - 1)) {
        throw new Error(`the server read ${tokens} tokens in ${windows} windows, not ${tokensPerWindow - 1} in each`);
      }
      return { seconds: ms / 1000, windows };
    } finally {
      await server.stop();
    }
  }

  private async windowByWindow(peer: PeerDefinition, layout: LoadLayout): Promise<LongFileTime> {
    const service = await startService(this.bench, peer, layout, WINDOW_CASE);
    try {
      await service.serve();
      const windows = peer.longFileWindows!;
      let left = windows;
      const started = performance.now();
      await closedLoop(WINDOWS_AT_ONCE, () => (left-- > 0 ? service.serve() : undefined));
      return { seconds: (performance.now() - started) / 1000, windows };
    } finally {
      await service.stop();
    }
  }
}
