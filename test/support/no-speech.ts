import { sine } from './signals';

/**
 * Sounds in which nobody speaks, made by computation: the same in every run. What calls and rooms are full of: noise,
 * hum, signalling tones, music, things that fall and click. All at 16 kHz, in -1…1.
 */
export interface NoSpeechSound {
  readonly name: string;
  readonly samples: Float32Array;
}

const RATE_HZ = 16_000;
/** Long enough for the energy gate's floor and for a tune. */
const LENGTH_S = 6;
const LENGTH = LENGTH_S * RATE_HZ;

const { PI, sin, exp, min, max, tanh, sign, round, log } = Math;

const decibels = (value: number): number => 10 ** (value / 20);
const midi = (note: number): number => 440 * 2 ** ((note - 69) / 12);

/** A generator of numbers in 0…1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Samples from a function of the time in seconds. */
const wave = (at: (seconds: number) => number, length = LENGTH): Float32Array =>
  Float32Array.from({ length }, (_, index) => at(index / RATE_HZ));

function white(seed: number, length = LENGTH): Float32Array {
  const random = randomFrom(seed);
  return Float32Array.from({ length }, () => 2 * random() - 1);
}

/** Resonance of the second order (RBJ's band-pass of constant peak gain), `q` its sharpness. */
function bandPass(samples: Float32Array, centreHz: number, q: number): Float32Array {
  const angle = (2 * PI * centreHz) / RATE_HZ;
  const alpha = sin(angle) / (2 * q);
  const [a0, a1, a2] = [1 + alpha, -2 * Math.cos(angle), 1 - alpha];
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return samples.map((x) => {
    const y = (alpha * x - alpha * x2 - a1 * y1 - a2 * y2) / a0;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  });
}

/** Low-pass of the first order. */
function lowPass(samples: Float32Array, cutHz: number): Float32Array {
  const share = 1 - exp((-2 * PI * cutHz) / RATE_HZ);
  let level = 0;
  return samples.map((x) => (level += share * (x - level)));
}

const highPass = (samples: Float32Array, cutHz: number): Float32Array => {
  const low = lowPass(samples, cutHz);
  return samples.map((x, index) => x - low[index]!);
};

/** What a telephone lets through: 300 to 3400 Hz. */
const telephone = (samples: Float32Array): Float32Array => {
  let band = samples;
  for (let pass = 0; pass < 3; pass++) band = lowPass(highPass(band, 300), 3400);
  return band;
};

/** Pink noise (Paul Kellet's filter). */
function pink(seed: number): Float32Array {
  const poles = [0.99886, 0.99332, 0.969, 0.8665, 0.55, -0.7616];
  const gains = [0.0555179, 0.0750759, 0.153852, 0.3104856, 0.5329522, -0.016898];
  const states = poles.map(() => 0);
  return white(seed).map((x) => {
    poles.forEach((pole, i) => (states[i] = pole * states[i]! + gains[i]! * x));
    return 0.1 * (states.reduce((sum, state) => sum + state, 0) + 0.5362 * x);
  });
}

const brown = (seed: number): Float32Array => lowPass(white(seed), 20).map((x) => 20 * x);

/** At this level, as root mean square, in dB of full scale. */
function atLevel(samples: Float32Array, dbfs: number): Float32Array {
  const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
  const gain = decibels(dbfs) / Math.sqrt(power);
  return samples.map((x) => max(-1, min(1, gain * x)));
}

/** At this level, as its highest peak, in dB of full scale. */
function atPeak(samples: Float32Array, dbfs = -6): Float32Array {
  const peak = samples.reduce((highest, x) => max(highest, Math.abs(x)), 0);
  return samples.map((x) => (decibels(dbfs) * x) / peak);
}

function mix(...parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from({ length: LENGTH }, (_, index) => parts.reduce((sum, part) => sum + (part[index] ?? 0), 0));
}

/** Sounds that begin at these times, in seconds; what lies behind the end is cut off. */
function sequence(events: readonly { readonly atS: number; readonly samples: Float32Array }[]): Float32Array {
  const whole = new Float32Array(LENGTH);
  for (const { atS, samples } of events) {
    const start = round(atS * RATE_HZ);
    for (let i = 0; i < samples.length && start + i < LENGTH; i++) whole[start + i]! += samples[i]!;
  }
  return whole;
}

/** The same sound at irregular times. */
function scattered(seed: number, perSecond: number, sound: (random: () => number) => Float32Array): Float32Array {
  const random = randomFrom(seed);
  const events: { atS: number; samples: Float32Array }[] = [];
  for (let atS = 0.3; atS < LENGTH_S; atS += -log(1 - random()) / perSecond) {
    events.push({ atS, samples: sound(random) });
  }
  return sequence(events);
}

/** Tones together, in turns of sound and silence. */
const cadence = (tonesHz: readonly number[], onS: number, offS: number): Float32Array =>
  wave((t) => (t % (onS + offS) < onS ? tonesHz.reduce((sum, f) => sum + 0.2 * sin(2 * PI * f * t), 0) : 0));

type Timbre = (frequencyHz: number, t: number, lengthS: number) => number;

const harmonics = (f: number, t: number, gains: readonly number[]): number =>
  gains.reduce((sum, gain, i) => ((i + 1) * f < RATE_HZ / 2 ? sum + gain * sin(2 * PI * (i + 1) * f * t) : sum), 0);

const piano: Timbre = (f, t) => exp(-3 * t) * min(1, 400 * t) * harmonics(f, t, [1, 0.5, 0.3, 0.2, 0.1, 0.05]);
const organ: Timbre = (f, t, lengthS) =>
  min(1, 60 * t, max(0, 60 * (lengthS - t))) * harmonics(f, t, [1, 0.7, 0.1, 0.5, 0, 0.2, 0, 0.3]);
const strings: Timbre = (f, t, lengthS) =>
  min(1, 5 * t, max(0, 5 * (lengthS - t))) *
  harmonics(f, t + (0.002 / 5.5) * sin(2 * PI * 5.5 * t), [1, 0.6, 0.45, 0.35, 0.28, 0.2, 0.16, 0.1]);
const flute: Timbre = (f, t, lengthS) =>
  min(1, 15 * t, max(0, 15 * (lengthS - t))) * harmonics(f, t + (0.001 / 5) * sin(2 * PI * 5 * t), [1, 0.25, 0.08]);
const squareLead: Timbre = (f, t, lengthS) => (t < 0.9 * lengthS ? 0.5 * sign(sin(2 * PI * f * t)) : 0);
const bell: Timbre = (f, t) =>
  exp(-2 * t) * [1, 2.76, 5.4].reduce((sum, ratio, i) => sum + sin(2 * PI * f * ratio * t) / (i + 1), 0);
const guitarDistorted: Timbre = (f, t) => tanh(4 * exp(-t) * harmonics(f, t, [1, 0.8, 0.6, 0.4, 0.3, 0.2]));

/** Notes of equal length one after another; undefined is a rest, an array a chord. */
function tune(timbre: Timbre, notes: readonly (number | readonly number[] | undefined)[], noteS: number): Float32Array {
  const events = Array.from({ length: Math.ceil(LENGTH_S / noteS) }, (_, i) => {
    const step = notes[i % notes.length];
    const chord = step === undefined ? [] : typeof step === 'number' ? [step] : step;
    const samples = wave(
      (t) => chord.reduce((sum, note) => sum + timbre(midi(note), t, noteS), 0) / max(1, chord.length),
      round(noteS * RATE_HZ),
    );
    return { atS: i * noteS, samples };
  });
  return sequence(events);
}

const SCALE = [60, 62, 64, 65, 67, 69, 71, 72];
const MELODY = [67, 64, 65, 67, 72, 71, 69, undefined, 69, 65, 67, 69, 74, 72, 71, undefined];
const CHORDS = [
  [48, 60, 64, 67],
  [45, 57, 60, 64],
  [41, 53, 57, 60],
  [43, 55, 59, 62],
];

const burst = (seed: number, lengthS: number, decayPerS: number): Float32Array =>
  white(seed, round(lengthS * RATE_HZ)).map((x, i) => x * exp((-decayPerS * i) / RATE_HZ));
const kick = wave((t) => exp(-12 * t) * sin(2 * PI * (50 * t + 6 * (1 - exp(-25 * t)))), 0.3 * RATE_HZ);
const snare = mixShort(burst(11, 0.2, 20), sine(190, RATE_HZ, 0.1 * RATE_HZ, 0.4));
const hiHat = highPass(burst(12, 0.06, 70), 6000);

function mixShort(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((x, index) => x + (b[index] ?? 0));
}

function drums(): Float32Array {
  const events = [];
  for (let beat = 0; beat * 0.25 < LENGTH_S; beat++) {
    const atS = beat * 0.25;
    events.push({ atS, samples: hiHat.map((x) => 0.4 * x) });
    if (beat % 4 === 0 || beat % 8 === 5) events.push({ atS, samples: kick });
    if (beat % 4 === 2) events.push({ atS, samples: snare.map((x) => 0.6 * x) });
  }
  return sequence(events);
}

/** µ-law and back, as a call does to it. */
const companded = (samples: Float32Array): Float32Array =>
  samples.map((x) => {
    const code = round((127 * sign(x) * log(1 + 255 * min(1, Math.abs(x)))) / log(256));
    return (sign(code) * (256 ** (Math.abs(code) / 127) - 1)) / 255;
  });

function band(): Float32Array {
  const melody = tune(flute, MELODY, 0.3).map((x) => 0.6 * x);
  const chords = tune(strings, CHORDS, 1.5).map((x) => 0.4 * x);
  const bass = tune(piano, [36, 36, 43, 36, 33, 33, 40, 33], 0.375).map((x) => 0.8 * x);
  return mix(
    melody,
    chords,
    bass,
    drums().map((x) => 0.5 * x),
  );
}

const DTMF_HZ = { rows: [697, 770, 852, 941], columns: [1209, 1336, 1477] };
const dtmf = sequence(
  Array.from({ length: 11 }, (_, i) => ({
    atS: 0.4 + 0.45 * i,
    samples: mixShort(
      sine(DTMF_HZ.rows[(i * 7) % 4]!, RATE_HZ, 0.12 * RATE_HZ, 0.25),
      sine(DTMF_HZ.columns[(i * 5) % 3]!, RATE_HZ, 0.12 * RATE_HZ, 0.25),
    ),
  })),
);

const hum = (mainsHz: number): Float32Array =>
  wave((t) => harmonics(mainsHz, t, [1, 0.5, 0.6, 0.2, 0.3, 0.1, 0.2, 0.05, 0.1]));

/** Turbulence of a breath, in and out: no voice in it. */
function breathing(): Float32Array {
  const air = mix(bandPass(white(21), 600, 1), bandPass(white(22), 1700, 2), bandPass(white(23), 4500, 1));
  return air.map((x, i) => {
    const t = (i / RATE_HZ) % 3;
    const swell = t < 1.2 ? sin((PI * t) / 1.2) : t > 1.5 && t < 2.9 ? 0.6 * sin((PI * (t - 1.5)) / 1.4) : 0;
    return x * swell ** 2;
  });
}

const gusts = (): Float32Array => {
  const force = lowPass(lowPass(white(31), 0.7), 0.7);
  return lowPass(lowPass(white(32), 400), 400).map((x, i) => x * (1 + max(-1, 150 * force[i]!)) ** 2);
};

const doorSlam = (random: () => number): Float32Array => {
  const noise = burst(41 + round(100 * random()), 0.6, 14);
  return mixShort(
    lowPass(noise, 300).map((x) => 8 * x),
    bandPass(noise, 900, 3),
  );
};
const keyClick = (random: () => number): Float32Array => {
  const noise = burst(1000 + round(1e6 * random()), 0.03, 250);
  return bandPass(noise, 1800 + 2500 * random(), 2).map((x) => x * (0.4 + 0.6 * random()));
};
const footstep = (random: () => number): Float32Array =>
  lowPass(burst(2000 + round(1e6 * random()), 0.15, 40), 500).map((x) => 4 * x);
const glass = (random: () => number): Float32Array => {
  const pitch = 2500 + 1500 * random();
  return wave((t) => exp(-9 * t) * (sin(2 * PI * pitch * t) + 0.6 * sin(2 * PI * 1.68 * pitch * t)), 0.5 * RATE_HZ);
};
const knock = (): Float32Array => bandPass(burst(51, 0.12, 60), 350, 4);
const chirp = (random: () => number): Float32Array => {
  const from = 3000 + 1500 * random();
  return wave((t) => sin((PI * t) / 0.12) * sin(2 * PI * (from * t + 6000 * t * t)), 0.12 * RATE_HZ);
};

const LEVELS_DBFS = [-60, -40, -25, -12];
const colours = { white, pink, brown } as const;

const NOISES: readonly NoSpeechSound[] = Object.entries(colours).flatMap(([colour, make], i) =>
  LEVELS_DBFS.map((level) => ({ name: `${colour} noise at ${level} dBFS`, samples: atLevel(make(i + 1), level) })),
);

export const NO_SPEECH: readonly NoSpeechSound[] = [
  { name: 'digital silence', samples: new Float32Array(LENGTH) },
  { name: 'dither', samples: mix(white(4), white(5)).map((x) => round(x) / 32_768) },
  ...NOISES,
  { name: 'white noise that begins in the middle', samples: atLevel(white(6).fill(0, 0, LENGTH / 2), -25) },
  { name: 'noise in bursts', samples: white(7).map((x, i) => (i % 16_000 < 6_000 ? 0.2 * x : 0.001 * x)) },
  { name: 'gusts of wind', samples: atPeak(gusts()) },
  {
    name: 'rain',
    samples: atPeak(
      mix(
        pink(8),
        scattered(9, 60, keyClick).map((x) => 0.5 * x),
      ),
      -12,
    ),
  },
  { name: 'a fan', samples: brown(10).map((x, i) => 0.2 * x * (1 + 0.3 * sin((2 * PI * 24 * i) / RATE_HZ))) },
  ...[50, 60].flatMap((mains) => [
    { name: `${mains} Hz hum`, samples: atLevel(hum(mains), -25) },
    {
      name: `${mains} Hz hum that comes and goes`,
      samples: atLevel(hum(mains), -20).map((x, i) => (i % 24_000 < 12_000 ? x : 0)),
    },
    { name: `${mains} Hz hum in noise`, samples: mix(atLevel(hum(mains), -30), atLevel(white(13), -40)) },
  ]),
  { name: 'dial tone (North America)', samples: cadence([350, 440], LENGTH_S, 0) },
  { name: 'dial tone (Europe)', samples: cadence([425], LENGTH_S, 0) },
  { name: 'ring tone (North America)', samples: cadence([440, 480], 2, 4) },
  { name: 'ring tone (Europe)', samples: cadence([425], 1, 4) },
  {
    name: 'ring tone (United Kingdom)',
    samples: cadence([400, 450], 0.4, 0.2).map((x, i) => ((i / RATE_HZ) % 3 < 1 ? x : 0)),
  },
  { name: 'busy tone (North America)', samples: cadence([480, 620], 0.5, 0.5) },
  { name: 'busy tone (Europe)', samples: cadence([425], 0.5, 0.5) },
  {
    name: 'special information tone',
    samples: wave((t) => {
      const f = t % 2 < 0.99 ? [950, 1400, 1800][Math.floor((t % 2) / 0.33)] : undefined;
      return f === undefined ? 0 : 0.3 * sin(2 * PI * f * t);
    }),
  },
  { name: 'DTMF digits', samples: dtmf },
  { name: 'fax calling tone', samples: cadence([1100], 0.5, 3) },
  { name: 'modem answer tone', samples: cadence([2100], 3, 0.075) },
  { name: 'call waiting beeps', samples: cadence([440], 0.3, 2) },
  { name: 'alarm beeps', samples: wave((t) => (t % 0.5 < 0.1 ? 0.4 * sign(sin(2 * PI * 2000 * t)) : 0)) },
  {
    name: 'a siren',
    samples: wave(
      (t) => 0.3 * harmonics(1, 800 * t - (300 / (2 * PI * 0.5)) * Math.cos(2 * PI * 0.5 * t), [1, 0.3, 0.2]),
    ),
  },
  { name: 'a door bell', samples: atPeak(tune(bell, [76, 72, undefined, undefined], 0.7)) },
  {
    name: 'a car horn',
    samples: atPeak(mix(tune(squareLead, [65, undefined, 65], 0.8), tune(squareLead, [69, undefined, 69], 0.8))),
  },
  { name: 'a piano scale', samples: atPeak(tune(piano, SCALE, 0.35)) },
  { name: 'piano chords', samples: atPeak(tune(piano, CHORDS, 1)) },
  { name: 'an organ', samples: atPeak(tune(organ, CHORDS, 1.5)) },
  { name: 'strings', samples: atPeak(tune(strings, CHORDS, 1.5)) },
  { name: 'a violin melody', samples: atPeak(tune(strings, MELODY, 0.4)) },
  { name: 'a flute melody', samples: atPeak(tune(flute, MELODY, 0.3)) },
  { name: 'a whistled melody', samples: atPeak(tune((f, t, l) => flute(2 * f, t, l), MELODY, 0.3)) },
  { name: 'a ringing mobile phone', samples: atPeak(tune(squareLead, [76, 74, 66, 68, 73, 71, 62, 64], 0.15)) },
  { name: 'bells', samples: atPeak(tune(bell, [72, 67, 69, 64, 72, undefined], 0.8)) },
  {
    name: 'a distorted guitar',
    samples: atPeak(
      tune(
        guitarDistorted,
        [
          [40, 47, 52],
          [43, 50, 55],
          [45, 52, 57],
        ],
        0.75,
      ),
    ),
  },
  { name: 'a drum loop', samples: atPeak(drums()) },
  { name: 'a band', samples: atPeak(band()) },
  { name: 'music on hold', samples: companded(atPeak(telephone(band()))) },
  { name: 'quiet music on hold', samples: companded(atPeak(telephone(band()), -30)) },
  { name: 'typing', samples: atPeak(scattered(14, 6, keyClick), -12) },
  { name: 'slammed doors', samples: atPeak(scattered(15, 0.7, doorSlam), -3) },
  { name: 'footsteps', samples: atPeak(scattered(16, 1.8, footstep), -12) },
  { name: 'knocks', samples: atPeak(sequence([1, 1.25, 1.5, 4, 4.25].map((atS) => ({ atS, samples: knock() })))) },
  { name: 'glasses', samples: atPeak(scattered(17, 1.5, glass), -9) },
  { name: 'birds', samples: atPeak(scattered(18, 3, chirp), -12) },
  { name: 'breathing', samples: atPeak(breathing(), -20) },
  { name: 'loud breathing into the microphone', samples: atPeak(breathing(), -3) },
];
