import path from 'node:path';
import type * as EngineModule from '../../service/src/engine/engine';
import type * as TranscriberModule from '../../service/src/engine/engine-transcriber';
import type * as DirectoryModule from '../../service/src/engine/model-directory';
import { detectSpeech } from '../../service/src/audio/voice-activity';
import { transcribe, type TranscribeOptions } from '../../service/src/whisper/transcribe';
import { PROMPT_TEMPERATURES } from '../../service/src/whisper/transcribe-options';
import type { SpeechRegion } from '../../service/src/whisper/windows';
import { builtModule } from '../support/built';
import { ENGLISH_SAMPLES, MODEL_STORE, SAMPLES, sampleAudio, type Sample } from '../support/nano';
import { NO_SPEECH } from '../support/no-speech';
import { noise, rms } from '../support/signals';
import { wordErrors, type WordErrors } from '../support/word-error-rate';

const { Engine } = builtModule('service/src/engine/engine.js') as typeof EngineModule;
const { engineTranscriber } = builtModule('service/src/engine/engine-transcriber.js') as typeof TranscriberModule;
const { openModelDirectory } = builtModule('service/src/engine/model-directory.js') as typeof DirectoryModule;

const RATE = 16_000;
/** As the server's routes ask. */
const OPTIONS: TranscribeOptions = {
  task: 'transcribe',
  timestamps: false,
  temperature: PROMPT_TEMPERATURES,
  strategy: 'pauses',
};

const engine = new Engine({
  modelStore: MODEL_STORE,
  model: 'nano',
  quantization: 'int8',
  threads: 2,
  maxQueue: 1,
  speechDetectorFile: path.join(MODEL_STORE, 'silero-vad/silero_vad_16k.onnx'),
});
const transcriber = engineTranscriber(engine, openModelDirectory(MODEL_STORE, 'nano', 'int8'));
beforeAll(() => engine.start());
afterAll(() => engine.stop());

const confirmed = (samples: Float32Array): Promise<readonly SpeechRegion[]> =>
  transcriber.confirmSpeech({ samples, speech: detectSpeech(samples) });

async function textOf(samples: Float32Array, speech: readonly SpeechRegion[]): Promise<string> {
  return (await transcribe({ samples, speech }, transcriber, OPTIONS)).text;
}

const spokenSamples = SAMPLES.filter(({ start, segments }) => start !== undefined || segments !== undefined);

/** The stretches that someone speaks in, in seconds. */
const spokenIn = ({ start, end, segments }: Sample): readonly { start: number; end: number }[] =>
  segments ?? [{ start: start!, end: end! }];

/** White noise is added at this signal-to-noise ratio, taken over the whole sample. */
function withNoise(samples: Float32Array, snrDb: number): Float32Array {
  const added = noise(samples.length, rms(samples) * 10 ** (-snrDb / 20) * Math.sqrt(3)); // rms of uniform noise: 1/√3
  return samples.map((value, index) => value + added[index]!);
}

/** Stretches that someone speaks in and that no region holds whole. */
async function missed(change: (samples: Float32Array) => Float32Array): Promise<string[]> {
  const misses: string[] = [];
  for (const sample of spokenSamples) {
    const regions = await confirmed(change(sampleAudio(sample.file)));
    for (const { start, end } of spokenIn(sample)) {
      const whole = regions.some((region) => region.startSample <= start * RATE && region.endSample >= end * RATE);
      if (!whole) misses.push(`${sample.file} ${start}-${end}`);
    }
  }
  return misses;
}

test('where nobody speaks nothing is transcribed', async () => {
  const counts = { gate: 0, detector: 0, noSpeechRule: 0 };
  const texts: string[] = [];
  for (const { name, samples } of NO_SPEECH) {
    const gate = detectSpeech(samples);
    const speech = await transcriber.confirmSpeech({ samples, speech: gate });
    const text = speech.length > 0 ? await textOf(samples, speech) : '';
    if (gate.length === 0) counts.gate++;
    else if (speech.length === 0) counts.detector++;
    else if (text === '') counts.noSpeechRule++;
    if (text !== '') texts.push(`${name}: ${text}`);
  }
  console.log(`${NO_SPEECH.length} sounds without speech, found to be so by: ${JSON.stringify(counts)}`);
  expect(texts).toEqual([]);
  // The gate alone would leave most to the model, which costs a run of the encoder each.
  expect(counts.gate + counts.detector).toBeGreaterThanOrEqual(NO_SPEECH.length - 1);
  expect(counts.gate).toBeLessThan(NO_SPEECH.length / 2);
}, 240_000);

test.each([
  ['as it was spoken', (samples: Float32Array) => samples],
  ['at a tenth of its loudness', (samples: Float32Array) => samples.map((value) => 0.1 * value)],
  ['in noise 10 dB below it', (samples: Float32Array) => withNoise(samples, 10)],
])('all speech of the samples is kept, %s', async (_, change) => {
  expect(spokenSamples.length).toBeGreaterThanOrEqual(27);
  expect(await missed(change)).toEqual([]);
});

test('no word of the samples is lost', async () => {
  const rate = async (
    regionsOf: (samples: Float32Array) => Promise<readonly SpeechRegion[]>,
    samples: readonly Sample[],
  ): Promise<WordErrors> => {
    let [errors, words] = [0, 0];
    for (const { file, text } of samples) {
      const audio = sampleAudio(file);
      const counted = wordErrors(text, await textOf(audio, await regionsOf(audio)));
      errors += counted.errors;
      words += counted.words;
    }
    return { errors, words };
  };
  const long = SAMPLES.filter(({ segments }) => segments !== undefined);
  for (const samples of [ENGLISH_SAMPLES, long]) {
    const gate = await rate((audio) => Promise.resolve(detectSpeech(audio)), samples);
    const both = await rate(confirmed, samples);
    console.log(
      `${samples.length} samples, ${gate.words} words: ${gate.errors} errors by the gate, ${both.errors} by both`,
    );
    expect(both.errors).toBeLessThanOrEqual(gate.errors);
  }
}, 240_000);

test('a sentence in music is found in its place, and the music is left out', async () => {
  const music = NO_SPEECH.find(({ name }) => name === 'strings')!.samples;
  const { file, start, end, text } = ENGLISH_SAMPLES[0]!;
  const sentence = sampleAudio(file);
  const samples = new Float32Array(17 * RATE);
  samples.set(music.map((value) => 0.3 * value));
  samples.set(sentence, 6 * RATE);
  samples.set(
    music.map((value) => 0.3 * value),
    6 * RATE + sentence.length,
  );
  const regions = await confirmed(samples);
  expect(regions).toHaveLength(1);
  expect(regions[0]!.startSample / RATE).toBeCloseTo(6 + start!, 0);
  expect(regions[0]!.endSample / RATE).toBeCloseTo(6 + end!, 0);
  const { segments } = await transcribe({ samples, speech: regions }, transcriber, { ...OPTIONS, timestamps: true });
  // Times are those of the audio, not of what is left of it.
  expect(segments[0]!.startS).toBeGreaterThan(5.5);
  expect(wordErrors(text, segments.map((segment) => segment.text).join(' ')).errors).toBeLessThanOrEqual(2);
});
