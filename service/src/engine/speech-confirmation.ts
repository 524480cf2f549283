import { SAMPLE_RATE_HZ } from '../whisper/audio-format';
import { askAhead } from '../whisper/ask-ahead';
import type { SpeechAudio } from '../whisper/speech-audio';
import { tidySpeech, type SpeechRegion } from '../whisper/windows';
import { SPEECH_FRAME_SAMPLES, speechRegions } from './speech-regions';

/** Probabilities of speech for each frame of at most 30 s, wherever the detector runs. */
export type FrameJudge = (samples: Float32Array, signal?: AbortSignal) => Promise<Float32Array>;

/** Whole frames, so that pieces of audio join without a seam. */
const framesOf = (seconds: number): number => Math.floor((seconds * SAMPLE_RATE_HZ) / SPEECH_FRAME_SAMPLES);

/**
 * Audio that the detector hears on both sides of what the gate found: its memory fills while nothing depends on it, and
 * a region may end where the voice does.
 */
const MARGIN_SAMPLES = framesOf(0.5) * SPEECH_FRAME_SAMPLES;

/**
 * Silence before a sound that is short. A word that fills its recording, as clients that cut at pauses themselves send
 * it, is missed without: of 534 prompts of one or a few words (Asterisk's, English and Spanish) 10 in noise 10 dB below
 * them, none with it. In longer audio the padding of regions covers the detector's first moments, and music that begins
 * behind silence is more easily taken for speech.
 */
const LEAD_FRAMES = framesOf(0.3);
const MAX_LED_SAMPLES = 2 * SAMPLE_RATE_HZ;

/**
 * The loudest frames but {@link BURST_FRAMES} are brought to this level, since the detector is not deaf to loudness: of the same prompts at a tenth
 * of their level it misses 35, and 2 when they are raised. In noise this level misses fewer than 3 or 6 dB above it.
 */
const LEVEL_DBFS = -17;
/** A slammed door is louder than any voice, and shorter: the level goes by what lasts longer. */
const BURST_FRAMES = framesOf(0.13);
/** Below what this can raise there is only the noise of the recorder. */
const MAX_GAIN_DB = 40;

/** Longest piece at once, less than 30 s with what precedes it: others' work comes in between. */
const PIECE_FRAMES = framesOf(28);
/** Audio before a piece that continues another: after 2 s hardly a frame in a hundred changes sides for the lack of more. */
const WARM_UP_FRAMES = framesOf(2);

/**
 * What of the stretches that an energy gate found is speech: to the gate, music and a slammed door are as good. Audio
 * without such a stretch costs nothing.
 *
 * @param ahead how many pieces of long audio may be judged beside the one that is waited for, at this moment
 * @returns regions inside those of the gate, in order, without overlap
 */
export async function confirmSpeech(
  { samples, speech }: SpeechAudio,
  judge: FrameJudge,
  signal?: AbortSignal,
  ahead: () => number = () => 0,
): Promise<readonly SpeechRegion[]> {
  const gate = tidySpeech(speech, samples.length);
  const heard = tidySpeech(
    gate.map(({ startSample, endSample }) => ({
      startSample: startSample - MARGIN_SAMPLES,
      endSample: endSample + MARGIN_SAMPLES,
    })),
    samples.length,
  );
  const confirmed: SpeechRegion[] = [];
  for (const { startSample, endSample } of heard) {
    const stretch = samples.subarray(startSample, endSample);
    const probabilities = await judgeInPieces(stretch, judge, signal, ahead);
    for (const region of speechRegions(probabilities, stretch.length)) {
      confirmed.push({
        startSample: region.startSample + startSample,
        endSample: region.endSample + startSample,
      });
    }
  }
  return intersection(gate, confirmed);
}

async function judgeInPieces(
  samples: Float32Array,
  judge: FrameJudge,
  signal: AbortSignal | undefined,
  ahead: () => number,
): Promise<Float32Array> {
  const probabilities = new Float32Array(Math.ceil(samples.length / SPEECH_FRAME_SAMPLES));
  const gain = gainOf(samples);
  const pieces = Array.from({ length: Math.ceil(probabilities.length / PIECE_FRAMES) }, (_, i) => i * PIECE_FRAMES);
  const judged = askAhead(pieces, ahead, async (frame, unwanted) => {
    const before = frame > 0 ? WARM_UP_FRAMES : samples.length <= MAX_LED_SAMPLES ? LEAD_FRAMES : 0;
    const start = (frame - before) * SPEECH_FRAME_SAMPLES;
    const end = Math.min((frame + PIECE_FRAMES) * SPEECH_FRAME_SAMPLES, samples.length);
    const piece = new Float32Array(end - start);
    for (let i = Math.max(0, -start); i < piece.length; i++) piece[i] = gain * samples[start + i]!;
    const until = signal === undefined ? unwanted : AbortSignal.any([signal, unwanted]);
    return (await judge(piece, until)).subarray(before);
  });
  for await (const [frame, found] of judged) probabilities.set(found, frame);
  return probabilities;
}

/** What brings the loudest lasting sound to {@link LEVEL_DBFS}. */
function gainOf(samples: Float32Array): number {
  const energies = new Float64Array(Math.ceil(samples.length / SPEECH_FRAME_SAMPLES));
  for (let start = 0, frame = 0; start < samples.length; start += SPEECH_FRAME_SAMPLES, frame++) {
    const end = Math.min(start + SPEECH_FRAME_SAMPLES, samples.length);
    let energy = 0;
    for (let i = start; i < end; i++) energy += samples[i]! ** 2;
    energies[frame] = energy / SPEECH_FRAME_SAMPLES;
  }
  energies.sort();
  const loudest = energies[Math.max(0, energies.length - 1 - BURST_FRAMES)]!;
  return Math.min(10 ** (MAX_GAIN_DB / 20), 10 ** (LEVEL_DBFS / 20) / Math.sqrt(loudest));
}

/** What lies in a region of both lists, which are in order and without overlap. */
function intersection(some: readonly SpeechRegion[], others: readonly SpeechRegion[]): SpeechRegion[] {
  const common: SpeechRegion[] = [];
  for (let i = 0, j = 0; i < some.length && j < others.length;) {
    const [one, other] = [some[i]!, others[j]!];
    const startSample = Math.max(one.startSample, other.startSample);
    const endSample = Math.min(one.endSample, other.endSample);
    if (startSample < endSample) common.push({ startSample, endSample });
    if (one.endSample < other.endSample) i++;
    else j++;
  }
  return common;
}
