/**
 * `npm run calibration`: decodes a held-out set and writes how confidence relates to correctness.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { calibrationInputsHash, HELD_OUT_SET, MODEL } from './calibration-inputs';
import { calibrationDiagram, writeCalibrationReport } from './calibration-report';
import {
  rateDifference,
  runResult,
  SUBSET_OF_EACH,
  subsetOfRun,
  subsetResult,
  type CalibrationResults,
} from './calibration-results';
import { readHeldOutSet, subsetOf } from './held-out-set';
import { scoreUtterances, type ModelChoice, type ScoredUtterance } from './score-utterances';

const USAGE = `Usage: npm run calibration -- [OPTIONS]

Writes confidence.md, confidence.svg and confidence.json.

  --model DIR     a Whisper model in the layout that Hugging Face publishes (default: ${MODEL})
  --data DIR      WAV or FLAC files and a manifest.json: [{ "file": …, "text": …, "language"?, "group"?, "voice"?,
                  "family"?, "startSample"?, "endSample"? }, …] (default: ${HELD_OUT_SET})
  --precisions P  of the model's files (default: int8,fp32)
  --quick         only prints word error rate and calibration error of a part of the set, as JSON
  --out DIR       folder to write into (default: docs for the default model and data, else artifacts/calibration)`;

/** The server's default first. */
const PRECISIONS = ['int8', 'fp32'] as const;
const DECIMALS = 4;

async function calibrate(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string', default: MODEL },
      data: { type: 'string', default: HELD_OUT_SET },
      precisions: { type: 'string', default: PRECISIONS.join(',') },
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const { model, data } = values;
  const precisions = PRECISIONS.filter((each) => values.precisions.split(',').includes(each));
  if (precisions.length === 0) throw new Error(`--precisions ${values.precisions}: give ${PRECISIONS.join(' or ')}`);
  const isCommitted = model === MODEL && data === HELD_OUT_SET;
  const out = values.out ?? (isCommitted ? 'docs' : 'artifacts/calibration');

  const utterances = readHeldOutSet(data);
  if (values.quick) {
    const part = subsetOf(utterances, SUBSET_OF_EACH);
    for (const quantization of precisions) {
      const scored = await scoreUtterances(data, part, { model, quantization, timestamps: false });
      console.log(JSON.stringify({ quantization, ...subsetResult(scored) }));
    }
    return;
  }
  const choices: [name: string, choice: ModelChoice][] = precisions.map((quantization) => [
    quantization,
    { model, quantization, timestamps: false },
  ]);
  choices.push([`${precisions[0]!}, with timestamps`, { model, quantization: precisions[0]!, timestamps: true }]);
  const scores = new Map<string, readonly ScoredUtterance[]>();
  for (const [name, choice] of choices) {
    const started = performance.now();
    scores.set(name, await scoreUtterances(data, utterances, choice));
    console.log(`${name}: ${utterances.length} utterances in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }

  const all = [...scores];
  const [first, second] = precisions;
  const results: CalibrationResults = {
    inputs: isCommitted ? calibrationInputsHash(process.cwd()) : 'not recorded',
    model: path.basename(path.resolve(model)),
    set: {
      utterances: utterances.length,
      words: all[0]![1].reduce((sum, { reference }) => sum + reference, 0),
      seconds: all[0]![1].reduce((sum, { seconds }) => sum + seconds, 0),
      voices: new Set(utterances.map(({ voice }) => voice)).size,
    },
    runs: Object.fromEntries(all.map(([name, scored]) => [name, runResult(scored)])),
    subset: Object.fromEntries(precisions.map((name) => [name, subsetOfRun(scores.get(name)!)])),
    ...(second && {
      difference: { names: [first!, second], ...rateDifference(scores.get(first!)!, scores.get(second)!) },
    }),
  };
  mkdirSync(out, { recursive: true });
  const rounded = JSON.parse(JSON.stringify(results), (_, value: unknown) =>
    typeof value === 'number' ? Number(value.toFixed(DECIMALS)) : value,
  ) as CalibrationResults;
  writeFileSync(path.join(out, 'confidence.json'), prettyJson(rounded));
  writeFileSync(path.join(out, 'confidence.svg'), calibrationDiagram(rounded));
  writeFileSync(path.join(out, 'confidence.md'), writeCalibrationReport(rounded));
  console.log(`written to ${out}/confidence.md`);
}

/** As Prettier leaves it: short lists on one line. */
function prettyJson(value: unknown): string {
  const onOneLine = (_: string, items: string): string => `[${items.split(/,\n\s*/).join(', ')}]`;
  return `${JSON.stringify(value, null, 2).replace(/\[\n\s+([^[\]{}]+?)\n\s+\]/g, onOneLine)}\n`;
}

void calibrate(process.argv.slice(2));
