import { confirmSpeech, type FrameJudge } from '../../../service/src/engine/speech-confirmation';
import { SPEECH_FRAME_SAMPLES } from '../../../service/src/engine/speech-regions';
import { noise, rms, sine } from '../../support/signals';

const RATE = 16_000;
const FRAME = SPEECH_FRAME_SAMPLES;

/** What a judge was given. */
interface Judged {
  readonly pieces: Float32Array[];
  readonly judge: FrameJudge;
}

/** Calls speech what the function says, frame by frame of the piece. */
function judging(probability: (frame: Float32Array) => number): Judged {
  const pieces: Float32Array[] = [];
  return {
    pieces,
    judge: (samples) => {
      pieces.push(samples);
      return Promise.resolve(
        Float32Array.from({ length: Math.ceil(samples.length / FRAME) }, (_, i) =>
          probability(samples.subarray(i * FRAME, (i + 1) * FRAME)),
        ),
      );
    },
  };
}

const all = judging(() => 1);
const none = judging(() => 0);

const region = (startS: number, endS: number): { startSample: number; endSample: number } => ({
  startSample: startS * RATE,
  endSample: endS * RATE,
});

test('audio in which the gate found nothing costs the detector nothing', async () => {
  const { judge, pieces } = judging(() => 1);
  expect(await confirmSpeech({ samples: noise(10 * RATE, 0.1), speech: [] }, judge)).toEqual([]);
  expect(pieces).toEqual([]);
});

test('what the detector calls speech lies where the gate found it, on the time line of the audio', async () => {
  const samples = noise(60 * RATE, 0.1);
  const speech = [region(10, 12), region(40, 43)];
  expect(await confirmSpeech({ samples, speech }, all.judge)).toEqual(speech);
});

test('what the detector does not call speech is left out', async () => {
  const samples = noise(60 * RATE, 0.001);
  samples.set(noise(3 * RATE, 0.5), 40 * RATE);
  const { judge } = judging((frame) => (rms(frame) > 0.01 ? 1 : 0));
  const speech = [region(10, 12), region(39.8, 43.3)];
  const confirmed = await confirmSpeech({ samples, speech: [speech[1]!] }, judge);
  expect(confirmed).toEqual([speech[1]]);
  expect(await confirmSpeech({ samples, speech }, none.judge)).toEqual([]);
});

test('a voice in the middle of music is cut out of it, with room around it', async () => {
  const samples = sine(300, RATE, 30 * RATE, 0.1);
  samples.set(sine(300, RATE, 2 * RATE, 0.5), 10 * RATE);
  // The loudest frame is raised to -17 dB of full scale, 0.14.
  const { judge } = judging((frame) => (rms(frame) > 0.1 ? 0.9 : 0.1));
  const [confirmed, ...more] = await confirmSpeech({ samples, speech: [region(0, 30)] }, judge);
  expect(more).toEqual([]);
  expect(confirmed!.startSample / RATE).toBeCloseTo(9.6, 1);
  expect(confirmed!.endSample / RATE).toBeCloseTo(12.4, 1);
});

test('only the surroundings of what the gate found are judged', async () => {
  const { judge, pieces } = judging(() => 1);
  await confirmSpeech({ samples: noise(60 * RATE, 0.1), speech: [region(10, 12), region(40, 43)] }, judge);
  const judgedS = pieces.map((piece) => piece.length / RATE);
  expect(judgedS).toHaveLength(2);
  expect(judgedS[0]).toBeCloseTo(3, 1);
  expect(judgedS[1]).toBeCloseTo(4, 1);
});

test('neighbouring regions are judged at once', async () => {
  const { judge, pieces } = judging(() => 1);
  const speech = [region(10, 12), region(12.7, 14)];
  expect(await confirmSpeech({ samples: noise(60 * RATE, 0.1), speech }, judge)).toEqual(speech);
  expect(pieces).toHaveLength(1);
});

test('long speech is judged in pieces of at most 30 s that join without a seam', async () => {
  const samples = Float32Array.from({ length: 100 * RATE }, (_, i) =>
    i % FRAME < 2 ? 0.001 * (1 + Math.floor(i / FRAME)) : 0,
  );
  const levels: number[] = [];
  const { judge, pieces } = judging((frame) => (frame[0]! > 0 ? 1 : 0));
  const seen: FrameJudge = async (piece, signal) => {
    levels.push(...Array.from({ length: Math.floor(piece.length / FRAME) }, (_, i) => piece[i * FRAME]!));
    return judge(piece, signal);
  };
  expect(await confirmSpeech({ samples, speech: [region(0, 100)] }, seen)).toEqual([region(0, 100)]);
  expect(pieces.length).toBeGreaterThan(3);
  for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(30 * RATE);
  // Each frame of the audio has a level of its own: none may be missing.
  expect(new Set(levels).size).toBe(Math.floor(samples.length / FRAME));
});

test('pieces are asked for ahead, and join in order whichever is judged first', async () => {
  const { judge } = judging(() => 1);
  let first: (() => void) | undefined;
  let asked = 0;
  const lateFirst: FrameJudge = async (piece, signal) => {
    if (asked++ === 0) await new Promise<void>((resolve) => (first = resolve));
    else first?.();
    return judge(piece, signal);
  };
  const samples = noise(100 * RATE, 0.1);
  const speech = [region(0, 100)];
  expect(await confirmSpeech({ samples, speech }, lateFirst, undefined, () => 1)).toEqual(speech);
  expect(asked).toBe(4);
});

test('quiet audio is raised before it is judged, and loud audio lowered, to one level', async () => {
  for (const amplitude of [0.005, 0.05, 0.9]) {
    const { judge, pieces } = judging(() => 0);
    await confirmSpeech({ samples: sine(250, RATE, 5 * RATE, amplitude), speech: [region(0, 5)] }, judge);
    expect(20 * Math.log10(rms(pieces[0]!))).toBeCloseTo(-17, 0);
  }
});

test('noise of the recorder is not raised to the level of speech', async () => {
  const { judge, pieces } = judging(() => 0);
  await confirmSpeech({ samples: noise(5 * RATE, 1e-4), speech: [region(0, 5)] }, judge);
  expect(20 * Math.log10(rms(pieces[0]!))).toBeLessThan(-40);
});

test('a short sound has silence put in front of it, which moves nothing', async () => {
  const { judge, pieces } = judging((frame) => (rms(frame) > 0 ? 1 : 0));
  const samples = sine(250, RATE, 0.5 * RATE);
  expect(await confirmSpeech({ samples, speech: [region(0, 0.5)] }, judge)).toEqual([region(0, 0.5)]);
  const [piece] = pieces;
  expect(piece!.length - samples.length).toBe(9 * FRAME);
  expect(rms(piece!.subarray(0, 9 * FRAME))).toBe(0);
});

test('the signal ends every judgement that is under way', async () => {
  const caller = new AbortController();
  const signals: AbortSignal[] = [];
  const judge: FrameJudge = (_, until) => {
    signals.push(until!);
    return new Promise((__, reject) => {
      until!.addEventListener('abort', () => {
        reject(until!.reason as Error);
      });
      if (signals.length === 2) caller.abort(new Error('gone'));
    });
  };
  const audio = { samples: noise(70 * RATE, 0.1), speech: [region(0, 70)] };
  await expect(confirmSpeech(audio, judge, caller.signal, () => 1)).rejects.toThrow('gone');
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});
