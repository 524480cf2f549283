/**
 * `npm run gate:wer`: whether a model in 8 bits still hears what it hears in single precision.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gateTable, judge, scoreTranscripts, type VariantScore } from './gate-report';
import { readLabelledRecordings, type LabelledRecording } from './labelled-recordings';
import { variantsOf, type ModelVariant } from './model-variant';
import { transcribeWithOpenai } from './openai-whisper';
import { transcribeRecordings } from './transcribe-recordings';

const USAGE = `Usage: npm run gate:wer -- --model DIR --data DIR [OPTIONS]

Transcribes recordings with every precision of a Whisper model, published and compiled, and counts wrong words.

  --model DIR           the model: its published ONNX files, what compile-model made of them, or both
  --data DIR            recordings and their words: manifest.json or transcripts.json with "file" and "text", or a
                        folder of LibriSpeech (*.trans.txt beside FLAC files)
  --max-difference P    points of word error rate that 8 bits may add to single precision (default: 0.5)
  --language CODE       of recordings that do not say theirs (default: detected)
  --variants LIST       of the model's, by commas (default: all): published fp32, published int8, compiled fp32, …
  --limit N             takes N recordings, from the whole set in equal steps (default: all)
  --openai CHECKPOINT   compares with openai-whisper too: a .pt file, or a name that it may download
  --python PROGRAM      which has the package openai-whisper (default: python3)
  --json FILE           writes every transcript and count there
  --help, -h            print this

Exit codes: 0 every precision of 8 bits passes, 1 one does not, 2 wrong usage, or nothing to compare.`;

const DEFAULT_MAX_DIFFERENCE = '0.5';
/** Recordings between two lines about how far it is. */
const PROGRESS_STEP = 100;

/** What was asked cannot be done. */
class GateError extends Error {}

async function gateWer(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string' },
      data: { type: 'string' },
      'max-difference': { type: 'string', default: DEFAULT_MAX_DIFFERENCE },
      language: { type: 'string' },
      variants: { type: 'string' },
      limit: { type: 'string' },
      openai: { type: 'string' },
      python: { type: 'string', default: 'python3' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const { model, data, openai } = values;
  if (model === undefined || data === undefined) throw new GateError(`--model and --data are needed\n\n${USAGE}`);
  const maxDifference = numberOf('max-difference', values['max-difference']);
  const [baseline, ...others] = chosenVariants(model, values.variants);
  const recordings = chosenRecordings(data, values.limit, values.language);

  const score = async (
    name: string,
    transcripts: (onDone: (count: number) => void) => Promise<readonly string[]>,
  ): Promise<VariantScore> => {
    const started = performance.now();
    const onDone = (count: number): void => {
      if (count % PROGRESS_STEP === 0) console.error(`${name}: ${count} of ${recordings.length}`);
    };
    const scored = scoreTranscripts(name, recordings, await transcripts(onDone));
    console.error(`${name}: ${recordings.length} recordings in ${((performance.now() - started) / 1000).toFixed(0)} s`);
    return scored;
  };
  const scoreVariant = (variant: ModelVariant): Promise<VariantScore> =>
    score(variant.name, (onDone) => transcribeRecordings(recordings, model, variant, onDone));

  const unjudged: VariantScore[] = [];
  if (openai !== undefined) {
    const transcripts = (onDone: (count: number) => void): Promise<readonly string[]> =>
      transcribeWithOpenai(recordings, values.python, openai, onDone);
    unjudged.push(await score('openai-whisper', transcripts));
  }
  const reference = await scoreVariant(baseline);
  const judged: [VariantScore, ReturnType<typeof judge>][] = [];
  for (const variant of others) {
    const scored = await scoreVariant(variant);
    if (variant.quantization === 'fp32') unjudged.push(scored);
    else judged.push([scored, judge(scored, reference, maxDifference)]);
  }

  console.log(gateTable(reference, judged, unjudged));
  if (values.json !== undefined) {
    const scores = [reference, ...unjudged, ...judged.map(([scored]) => scored)];
    const verdicts = judged.map(([, verdict]) => verdict);
    writeFileSync(values.json, `${JSON.stringify({ maxDifference, scores, verdicts }, undefined, 2)}\n`);
  }
  return judged.every(([, { passes }]) => passes) ? 0 : 1;
}

/** The baseline, then what is compared with it. */
function chosenVariants(model: string, list: string | undefined): readonly [ModelVariant, ...ModelVariant[]] {
  const found = variantsOf(model);
  const names = list?.split(',').map((name) => name.trim());
  const absent = names?.find((name) => found.every((variant) => variant.name !== name));
  if (absent !== undefined) {
    throw new GateError(
      `--variants: ${JSON.stringify(absent)} is none of ${model}'s: ${found.map(({ name }) => name).join(', ')}`,
    );
  }
  const [baseline, ...others] = found.filter(({ name }) => names?.includes(name) ?? true);
  if (baseline?.quantization !== 'fp32' || others.every(({ quantization }) => quantization === 'fp32')) {
    throw new GateError(
      `${model} has ${found.map(({ name }) => name).join(', ') || 'no files'}: expected single precision and 8 bits. ` +
        'Write what is missing with whisper-stt compile-model.',
    );
  }
  return [baseline, ...others];
}

function chosenRecordings(
  data: string,
  limit: string | undefined,
  language: string | undefined,
): readonly LabelledRecording[] {
  const all = readLabelledRecordings(data).map((recording) => ({
    ...recording,
    language: recording.language ?? language,
  }));
  if (limit === undefined) return all;
  const count = Math.min(all.length, numberOf('limit', limit));
  return Array.from({ length: count }, (_, index) => all[Math.floor((index * all.length) / count)]!);
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new GateError(`--${option}: ${JSON.stringify(text)} is no number`);
  return value;
}

gateWer(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error((error as Error).message);
    process.exitCode = 2;
  },
);
