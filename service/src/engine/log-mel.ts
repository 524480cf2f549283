import { SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, WINDOW_SAMPLES } from '../whisper/audio-format';
import type { Neighbours, Surroundings } from '../whisper/model';
import { RealFft } from './fft';

/** Whisper's front end; every constant is that of openai/whisper `audio.py`. */
export const FRAME_SAMPLES = 400;
export const HOP_SAMPLES = SAMPLES_PER_FRAME;
const FREQUENCY_BINS = FRAME_SAMPLES / 2 + 1;
/** Frames of a 30 s window. */
export const WINDOW_FRAMES = WINDOW_SAMPLES / HOP_SAMPLES;
/** Power below which the logarithm is cut. */
export const MIN_POWER = 1e-10;
/** Dynamic range that is kept below the loudest value, in decades of power. */
export const DYNAMIC_RANGE = 8;

/** Log-mel features of a 30 s window, as Whisper's encoder takes them. */
export class LogMel {
  private readonly fft = new RealFft(FRAME_SAMPLES);
  private readonly window: Float64Array;
  private readonly filters: readonly MelFilter[];
  private readonly frame = new Float64Array(FRAME_SAMPLES);
  private readonly power = new Float64Array(FREQUENCY_BINS);

  /** @param melBins 80, or 128 for large-v3. */
  constructor(private readonly melBins: number) {
    this.window = hannWindow();
    this.filters = melFilterBank(melBins);
  }

  /**
   * @param samples 16 kHz mono, at most {@link WINDOW_SAMPLES}
   * @param surroundings of a window that is part of a recording. Its features are then those of the recording's own
   * spectrogram, and behind the recording's end there are none (0). Without surroundings the rest of the window is
   * silence.
   * @returns [melBins, WINDOW_FRAMES], row by row.
   */
  extract(samples: Float32Array, surroundings?: Surroundings): Float32Array {
    checkLength(samples);
    const features = new Float32Array(this.melBins * WINDOW_FRAMES).fill(
      surroundings === undefined ? Math.log10(MIN_POWER) : 0,
    );
    const frames =
      surroundings === undefined ? framesThatHear(samples.length) : Math.floor(samples.length / HOP_SAMPLES);
    let loudest = Math.log10(MIN_POWER);
    this.eachBand(samples, surroundings, frames, (m, t, value) => {
      features[m * WINDOW_FRAMES + t] = value;
      if (value > loudest) loudest = value;
    });
    const floor = (surroundings?.loudest ?? loudest) - DYNAMIC_RANGE;
    const filled = surroundings === undefined ? WINDOW_FRAMES : frames;
    for (let m = 0; m < this.melBins; m++) {
      for (let i = m * WINDOW_FRAMES; i < m * WINDOW_FRAMES + filled; i++) {
        features[i] = (Math.max(features[i]!, floor) + 4) / 4;
      }
    }
    return features;
  }

  /** Decimal logarithm of the highest power in any band of the samples, for {@link Surroundings.loudest}. */
  loudest(samples: Float32Array, surroundings: Neighbours): number {
    checkLength(samples);
    let loudest = Math.log10(MIN_POWER);
    this.eachBand(samples, surroundings, framesThatHear(samples.length), (_, __, value) => {
      if (value > loudest) loudest = value;
    });
    return loudest;
  }

  /** Hands out the logarithm of each band's power, frame by frame. */
  private eachBand(
    samples: Float32Array,
    neighbours: Neighbours | undefined,
    frames: number,
    take: (band: number, frame: number, logPower: number) => void,
  ): void {
    for (let t = 0; t < frames; t++) {
      this.cutFrame(samples, neighbours, t * HOP_SAMPLES - FRAME_SAMPLES / 2);
      this.fft.powerSpectrum(this.frame, this.power);
      for (let m = 0; m < this.melBins; m++) {
        const { first, weights } = this.filters[m]!;
        let energy = 0;
        for (let i = 0; i < weights.length; i++) energy += weights[i]! * this.power[first + i]!;
        take(m, t, Math.log10(Math.max(energy, MIN_POWER)));
      }
    }
  }

  private cutFrame(samples: Float32Array, neighbours: Neighbours | undefined, start: number): void {
    const { frame, window } = this;
    for (let i = 0; i < FRAME_SAMPLES; i++) frame[i] = sampleAt(samples, neighbours, start + i) * window[i]!;
  }
}

/**
 * Frames are centred: half of the first one is what lies before the window, or, where nothing does, the signal mirrored
 * at its start (and so at the end of a full window that stands alone).
 */
function sampleAt(samples: Float32Array, neighbours: Neighbours | undefined, position: number): number {
  const { before, after } = neighbours ?? NOTHING;
  let at = position;
  if (at < -before.length) at = -2 * before.length - at;
  else if (at >= WINDOW_SAMPLES && neighbours === undefined) at = 2 * (WINDOW_SAMPLES - 1) - at;
  if (at < 0) return before[before.length + at] ?? 0;
  return (at < samples.length ? samples[at] : after[at - samples.length]) ?? 0;
}

/**
 * The samples of all frames of a window in rows of {@link HOP_SAMPLES}: frame `n` begins with row `n`. Frames that would
 * hear silence alone are left out.
 */
export function audioRows(samples: Float32Array, surroundings?: Surroundings): Float32Array {
  checkLength(samples);
  const frames = surroundings === undefined ? framesThatHear(samples.length) : Math.floor(samples.length / HOP_SAMPLES);
  const margin = FRAME_SAMPLES / 2;
  const rows = new Float32Array((frames + ROWS_BEHIND_FRAMES) * HOP_SAMPLES);
  rows.set(samples.subarray(0, rows.length - margin), margin);
  for (let i = 0; i < margin; i++) rows[i] = sampleAt(samples, surroundings, i - margin);
  const end = margin + samples.length;
  for (let i = end; i < rows.length; i++) rows[i] = sampleAt(samples, surroundings, i - margin);
  return rows;
}

/** A frame is two and a half hops long. */
const ROWS_BEHIND_FRAMES = 2;

const NOTHING: Neighbours = { before: new Float32Array(0), after: new Float32Array(0) };

/** Frames that see silence alone keep the floor: a 5 s clip costs a sixth of a 30 s window. */
function framesThatHear(samples: number): number {
  return Math.min(WINDOW_FRAMES, Math.ceil((samples + FRAME_SAMPLES / 2) / HOP_SAMPLES));
}

function checkLength({ length }: Float32Array): void {
  if (length <= WINDOW_SAMPLES) return;
  throw new RangeError(`a window holds at most ${WINDOW_SAMPLES} samples, got ${length}: cut it first`);
}

/** The periodic one. */
export function hannWindow(): Float64Array {
  return Float64Array.from(
    { length: FRAME_SAMPLES },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FRAME_SAMPLES),
  );
}

/** A triangle over the spectrum: its weights from bin `first` on. */
export interface MelFilter {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Slaney's mel scale and area normalisation, 0 Hz to 8 kHz, as librosa's `filters.mel` (which Whisper stores). */
export function melFilterBank(melBins: number): MelFilter[] {
  const topMel = hertzToMel(SAMPLE_RATE_HZ / 2);
  const edgesHz = Array.from({ length: melBins + 2 }, (_, i) => melToHertz((topMel * i) / (melBins + 1)));
  return Array.from({ length: melBins }, (_, m) => {
    const [low, centre, high] = [edgesHz[m]!, edgesHz[m + 1]!, edgesHz[m + 2]!];
    const weights = Float64Array.from({ length: FREQUENCY_BINS }, (_, bin) => {
      const hz = (bin * SAMPLE_RATE_HZ) / FRAME_SAMPLES;
      const triangle = Math.min((hz - low) / (centre - low), (high - hz) / (high - centre));
      return (Math.max(0, triangle) * 2) / (high - low);
    });
    const first = Math.max(
      0,
      weights.findIndex((weight) => weight > 0),
    );
    return { first, weights: weights.subarray(first, weights.findLastIndex((weight) => weight > 0) + 1) };
  });
}

/** Below 1 kHz the scale is linear (200/3 Hz a mel), above logarithmic (27 mels for each factor of 6.4). */
const LINEAR_HERTZ_PER_MEL = 200 / 3;
const BREAK_HERTZ = 1000;
const BREAK_MEL = BREAK_HERTZ / LINEAR_HERTZ_PER_MEL;
const LOG_STEP = Math.log(6.4) / 27;

function hertzToMel(hertz: number): number {
  return hertz < BREAK_HERTZ ? hertz / LINEAR_HERTZ_PER_MEL : BREAK_MEL + Math.log(hertz / BREAK_HERTZ) / LOG_STEP;
}

function melToHertz(mel: number): number {
  return mel < BREAK_MEL ? mel * LINEAR_HERTZ_PER_MEL : BREAK_HERTZ * Math.exp(LOG_STEP * (mel - BREAK_MEL));
}
