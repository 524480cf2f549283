import { setTimeout as sleep } from 'node:timers/promises';
import type { DecodingResult } from '../../../service/src/whisper/decoding-result';
import {
  transcribeSegments,
  type TranscribeOptions,
  type WindowTranscriber,
} from '../../../service/src/whisper/transcribe';
import { answering, audio } from './answering-transcriber';

const OPTIONS: TranscribeOptions = {
  strategy: 'pauses',
  task: 'transcribe',
  timestamps: false,
  temperature: 0,
  language: 'es',
  paddingMs: 0,
  joinPauseMs: 100,
};
/** Five windows. */
const FIVE = audio(10, [0, 1], [2, 3], [4, 5], [6, 7], [8, 9]);

/** A transcriber that can decode three windows at once, and does when it is told to. */
function waiting(answer: Parameters<typeof answering>[0] = [1]): {
  readonly transcriber: WindowTranscriber;
  readonly signals: (AbortSignal | undefined)[];
  readonly decodings: { release: () => void }[];
} {
  const { decodeWindow, ...rest } = answering(answer);
  const signals: (AbortSignal | undefined)[] = [];
  const decodings: { release: () => void }[] = [];
  return {
    signals,
    decodings,
    transcriber: {
      ...rest,
      windowsAhead: 2,
      decodeWindow: (samples, options, signal) => {
        signals.push(signal);
        return new Promise<DecodingResult>((resolve) => {
          decodings.push({ release: () => void decodeWindow(samples, options).then(resolve) });
        });
      },
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1);
}

describe('windows at pauses', () => {
  test('are decoded ahead, as many as the engine can, and come out in order', async () => {
    const { transcriber, decodings } = waiting();
    const segments = transcribeSegments(FIVE, transcriber, OPTIONS);
    const first = segments.next();
    await until(() => decodings.length > 0);
    expect(decodings).toHaveLength(3);
    for (const { release } of decodings.slice().reverse()) release();
    expect((await first).value).toMatchObject({ id: 0, startS: 0 });
    expect((await segments.next()).value).toMatchObject({ id: 1, startS: 2 });
    // One more for each that is done.
    expect(decodings).toHaveLength(4);
    expect((await segments.next()).value).toMatchObject({ id: 2, startS: 4 });
    expect(decodings).toHaveLength(5);
    await segments.return(undefined as never);
  });

  test('wait for each other while the language is not known', async () => {
    const { transcriber, decodings } = waiting({ tokens: [1], isSpeech: false });
    const segments = transcribeSegments(FIVE, transcriber, { ...OPTIONS, language: undefined });
    const end = segments.next();
    // The language is asked for before the first window; here there is no telling.
    for (let i = 0; i < 6; i++) {
      await until(() => decodings.length > i);
      expect(decodings).toHaveLength(i + 1);
      decodings[i]!.release();
    }
    expect(await end).toMatchObject({ done: true });
  });

  test('are decoded ahead as soon as the language is known', async () => {
    const { transcriber, decodings } = waiting();
    const segments = transcribeSegments(FIVE, transcriber, { ...OPTIONS, language: undefined });
    const first = segments.next();
    await until(() => decodings.length === 1);
    decodings[0]!.release();
    await until(() => decodings.length > 1);
    expect(decodings).toHaveLength(4);
    decodings[1]!.release();
    await first;
    await segments.return(undefined as never);
  });

  test('that were asked for ahead are given up with the transcription', async () => {
    const abort = new AbortController();
    const { transcriber, decodings, signals } = waiting();
    const segments = transcribeSegments(FIVE, transcriber, OPTIONS, abort.signal);
    const first = segments.next();
    await until(() => decodings.length === 3);
    const reason = new Error('the caller hung up');
    abort.abort(reason);
    expect(signals.map((signal) => signal?.reason as unknown)).toEqual([reason, reason, reason]);
    decodings[0]!.release();
    await first;
  });

  test('that were asked for ahead are given up when nobody reads on', async () => {
    const { transcriber, decodings, signals } = waiting();
    const segments = transcribeSegments(FIVE, transcriber, OPTIONS);
    const first = segments.next();
    await until(() => decodings.length === 3);
    decodings[0]!.release();
    await first;
    await segments.return(undefined as never);
    expect(signals.every((signal) => signal?.aborted)).toBe(true);
  });
});
