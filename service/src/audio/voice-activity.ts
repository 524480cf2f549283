import type { SpeechRegion } from './decoded-audio';
import { TARGET_SAMPLE_RATE_HZ } from './decoded-audio';

/** Length of the frames that speech is judged by. */
const FRAME_SAMPLES = 0.02 * TARGET_SAMPLE_RATE_HZ;

/** A frame this much louder than the noise floor is speech … */
const ONSET_DB = 5;
/** … and its louder neighbours belong to it as long as they are this much above the floor. */
const SUSTAIN_DB = 2.5;

/**
 * Lowest noise floor, in dB of full scale: a sine of 2.6 steps of 16-bit audio. Digital
 * silence between words would otherwise make a floor that dither rises above.
 */
const SILENCE_DBFS = -85;

/**
 * The floor at a frame is this quantile of the levels around it. Even fluent speech spends a tenth of its time in
 * closures and pauses; a higher quantile would take weak sounds of dense speech for noise.
 */
const FLOOR_QUANTILE = 0.1;
const FLOOR_WINDOW_FRAMES = 500; // 10 s: longer than a breath group, short enough to follow a change of surroundings
const FLOOR_STEP_FRAMES = 25;

/**
 * Audio shorter than this has no reliable floor (a single word, cut out tightly by the client, is loud throughout):
 * everything that is not silence counts as speech.
 */
const MIN_FLOOR_FRAMES = 75; // 1.5 s

/** Louder frames that a stretch must hold to be speech and not a click. */
const MIN_ONSET_FRAMES = 2;
/** Pauses up to this long, stop consonants and commas, do not end a region. */
const MIN_PAUSE_FRAMES = 30; // 0.6 s
/**
 * Kept before and after speech: weak fricatives at the edges of words lie below any threshold in noise. Together at
 * most the shortest pause, so that regions never overlap.
 */
const LEAD_FRAMES = 12; // 0.24 s
const HANGOVER_FRAMES = 18; // 0.36 s

/**
 * Finds where someone speaks, by energy: frame levels against a noise floor that follows the surroundings, with
 * hysteresis, hang-over and a minimum pause. It rather takes noise for speech (the model's own no-speech rule judges
 * that later) than lose a word.
 *
 * @param samples 16 kHz mono
 * @returns regions in order, without overlap; none for digital silence, none for noise of constant level
 */
export function detectSpeech(samples: Float32Array): SpeechRegion[] {
  const levels = frameLevels(samples);
  const floors = noiseFloors(levels);
  const regions: SpeechRegion[] = [];
  for (const { start, end } of joinShortPauses(speechStretches(levels, floors))) {
    regions.push({
      startSample: Math.max(0, start - LEAD_FRAMES) * FRAME_SAMPLES,
      endSample: Math.min(samples.length, (end + HANGOVER_FRAMES) * FRAME_SAMPLES),
    });
  }
  return regions;
}

/** A range of frames, `end` not included. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * Level of each frame in dB of full scale. A first-order high-pass at 80 Hz removes offset, hum and rumble, which
 * would hide quiet speech.
 */
function frameLevels(samples: Float32Array): Float32Array {
  const pole = Math.exp((-2 * Math.PI * 80) / TARGET_SAMPLE_RATE_HZ);
  const levels = new Float32Array(Math.ceil(samples.length / FRAME_SAMPLES));
  let previous = samples[0] ?? 0; // as if the first value had always been there: an offset makes no step
  let filtered = 0;
  for (let frame = 0; frame < levels.length; frame++) {
    const start = frame * FRAME_SAMPLES;
    const end = Math.min(start + FRAME_SAMPLES, samples.length);
    let energy = 0;
    for (let index = start; index < end; index++) {
      const sample = samples[index]!;
      filtered = pole * filtered + (sample - previous);
      previous = sample;
      energy += filtered * filtered;
    }
    levels[frame] = 10 * Math.log10(energy / (end - start) + 1e-12);
  }
  return levels;
}

/** The noise floor at each frame. */
function noiseFloors(levels: Float32Array): Float32Array {
  const floors = new Float32Array(levels.length).fill(SILENCE_DBFS);
  if (levels.length < MIN_FLOOR_FRAMES) return floors;
  for (let at = 0; at < levels.length; at += FLOOR_STEP_FRAMES) {
    // at the ends the window keeps its length and looks to one side
    const start = Math.max(0, Math.min(at - FLOOR_WINDOW_FRAMES / 2, levels.length - FLOOR_WINDOW_FRAMES));
    const nearby = levels.slice(start, start + FLOOR_WINDOW_FRAMES).sort();
    const floor = nearby[Math.floor(nearby.length * FLOOR_QUANTILE)]!;
    floors.fill(Math.max(floor, SILENCE_DBFS), at, at + FLOOR_STEP_FRAMES);
  }
  return floors;
}

/** Stretches above the sustain threshold that reach the onset threshold for long enough. */
function speechStretches(levels: Float32Array, floors: Float32Array): Stretch[] {
  const stretches: Stretch[] = [];
  let start = 0;
  let onsetFrames = 0;
  for (let frame = 0; frame <= levels.length; frame++) {
    const aboveFloor = frame < levels.length ? levels[frame]! - floors[frame]! : Number.NEGATIVE_INFINITY;
    if (aboveFloor >= SUSTAIN_DB) {
      if (aboveFloor >= ONSET_DB) onsetFrames++;
      continue;
    }
    if (onsetFrames >= MIN_ONSET_FRAMES) stretches.push({ start, end: frame });
    start = frame + 1;
    onsetFrames = 0;
  }
  return stretches;
}

function joinShortPauses(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const stretch of stretches) {
    const last = joined.at(-1);
    if (last && stretch.start - last.end < MIN_PAUSE_FRAMES)
      joined.splice(-1, 1, { start: last.start, end: stretch.end });
    else joined.push(stretch);
  }
  return joined;
}
