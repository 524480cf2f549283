import type { DecodedAudio } from '../../../../service/src/audio/decoded-audio';
import { DecodedAudioGate, type GatedDecoder } from '../../../../service/src/http/uploads/decoded-audio-gate';
import { wavFile } from '../../../support/wav-writer';

const RATE_HZ = 16_000;
const MAX_S = 100;

/** A WAV file of whole seconds; the header adds a few milliseconds to what it might hold. */
const wav = (seconds: number): Uint8Array => wavFile({ data: new Uint8Array(seconds * 2 * RATE_HZ) });
/** A file that might hold the longest audio. */
const unknown = (): Uint8Array => Uint8Array.from(Buffer.from('fLaC'));

interface Decoding {
  readonly bytes: Uint8Array;
  readonly finish: (seconds: number) => void;
  readonly fail: (error: Error) => void;
}

/** Decodes when it is told to, to as much as it is told. */
class FakeDecoder implements GatedDecoder {
  readonly maxDurationS = MAX_S;
  readonly threads = 2;
  readonly started: Decoding[] = [];

  decode(bytes: Uint8Array): Promise<DecodedAudio> {
    return new Promise((resolve, reject) => {
      this.started.push({
        bytes,
        finish: (seconds) => {
          resolve(audioOf(seconds));
        },
        fail: reject,
      });
    });
  }
}

function audioOf(durationS: number): DecodedAudio {
  const source = { container: 'wav', encoding: 'pcm_s16le', sampleRateHz: RATE_HZ, channels: 1 } as const;
  return { samples: new Float32Array(durationS * RATE_HZ), durationS, speech: [], source };
}

const settled = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
};

describe('DecodedAudioGate', () => {
  const { signal } = new AbortController();
  let decoder: FakeDecoder;
  const gateOf = (limitSeconds: number): DecodedAudioGate => new DecodedAudioGate(decoder, limitSeconds);

  beforeEach(() => {
    decoder = new FakeDecoder();
  });

  it('decodes as many uploads at a time as the decoder has threads, in order', async () => {
    const gate = gateOf(1_000);
    const files = [wav(1), wav(2), wav(3)];
    const decoded = files.map((bytes) => gate.decode(bytes, signal));
    await settled();
    expect(decoder.started.map(({ bytes }) => bytes)).toEqual(files.slice(0, 2));
    decoder.started[1]!.finish(2);
    await settled();
    expect(decoder.started.map(({ bytes }) => bytes)).toEqual(files);
    decoder.started[0]!.finish(1);
    decoder.started[2]!.finish(3);
    expect((await Promise.all(decoded)).map(({ durationS }) => durationS)).toEqual([1, 2, 3]);
  });

  it('reserves the worst case before it decodes, and gives back what was not needed', async () => {
    const gate = gateOf(1.5 * MAX_S);
    const first = gate.decode(unknown(), signal);
    void gate.decode(unknown(), signal);
    await settled();
    expect(decoder.started).toHaveLength(1);
    decoder.started[0]!.finish(50);
    await first;
    await settled();
    expect(decoder.started).toHaveLength(2);
  });

  it('counts audio until it is released', async () => {
    const gate = gateOf(1.6 * MAX_S);
    const decoded = [gate.decode(wav(2), signal), gate.decode(wav(59), signal)];
    await settled();
    decoder.started[0]!.finish(2);
    decoder.started[1]!.finish(59);
    const [, long] = await Promise.all(decoded);
    void gate.decode(unknown(), signal);
    await settled();
    expect(decoder.started).toHaveLength(2);
    gate.release(long!);
    await settled();
    expect(decoder.started).toHaveLength(3);
  });

  it('lets in a short WAV file beside what leaves no room for an unknown one', async () => {
    const gate = gateOf(1.5 * MAX_S);
    void gate.decode(unknown(), signal);
    void gate.decode(wav(40), signal);
    await settled();
    expect(decoder.started).toHaveLength(2);
  });

  it('keeps the order: a short file does not pass a long one that waits', async () => {
    const gate = gateOf(1.5 * MAX_S);
    void gate.decode(unknown(), signal);
    void gate.decode(unknown(), signal);
    void gate.decode(wav(1), signal);
    await settled();
    expect(decoder.started).toHaveLength(1);
  });

  it('lets in as many as fit when room is made', async () => {
    const gate = gateOf(MAX_S);
    const first = gate.decode(unknown(), signal);
    void gate.decode(wav(10), signal);
    void gate.decode(wav(10), signal);
    await settled();
    expect(decoder.started).toHaveLength(1);
    decoder.started[0]!.finish(1);
    await first;
    await settled();
    expect(decoder.started).toHaveLength(3);
  });

  it('lets in alone what might exceed the limit by itself', async () => {
    const gate = gateOf(0.5 * MAX_S);
    const small = gate.decode(wav(1), signal);
    void gate.decode(unknown(), signal);
    await settled();
    expect(decoder.started).toHaveLength(1);
    decoder.started[0]!.finish(1);
    gate.release(await small);
    void gate.decode(wav(1), signal);
    await settled();
    expect(decoder.started).toHaveLength(2);
  });

  it('lets the next one in after a failure, even one that must be alone', async () => {
    const gate = gateOf(0.5 * MAX_S);
    const failing = gate.decode(unknown(), signal);
    void gate.decode(unknown(), signal);
    await settled();
    decoder.started[0]!.fail(new Error('corrupt'));
    await expect(failing).rejects.toThrow('corrupt');
    await settled();
    expect(decoder.started).toHaveLength(2);
  });

  it('forgets who has hung up while waiting, and lets those behind in', async () => {
    const gate = gateOf(1.5 * MAX_S);
    void gate.decode(unknown(), signal);
    const abort = new AbortController();
    const gone = gate.decode(unknown(), abort.signal);
    const behind = wav(1);
    void gate.decode(behind, signal);
    abort.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await settled();
    expect(decoder.started.map(({ bytes }) => bytes)).toEqual([expect.anything(), behind]);
  });
});
