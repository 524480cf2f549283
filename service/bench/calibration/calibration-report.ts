import type { CalibrationResults, ErrorRate, RunResult, Threshold } from './calibration-results';
import type { ReliabilityBin } from './reliability';
import { reliabilityDiagram } from './reliability-diagram';
import { RECOMMENDED_WORD_CONFIDENCE } from './word-confidence';

/** Colours that colour-blind readers tell apart (Okabe and Ito). */
const COLOURS = { blue: '#0072b2', orange: '#d55e00' };

/** Of words and of utterances, for the first of the runs. */
export function calibrationDiagram({ runs, model }: CalibrationResults): string {
  const [[name, run]] = Object.entries(runs) as [[string, RunResult]];
  const [product, geometricMean] = Object.values(run.utteranceBins) as [ReliabilityBin[], ReliabilityBin[]];
  return reliabilityDiagram([
    {
      title: `Words, ${model}, ${name}`,
      outcome: 'share of right words',
      series: [
        { label: `${RECOMMENDED_WORD_CONFIDENCE} of the tokens`, colour: COLOURS.blue, bins: run.bins },
        { label: 'their arithmetic mean', colour: COLOURS.orange, bins: run.arithmeticMeanBins },
      ],
    },
    {
      title: `Utterances, ${model}, ${name}`,
      outcome: 'share without a wrong word',
      series: [
        { label: 'product of the words', colour: COLOURS.blue, bins: product },
        { label: 'geometric mean of the text tokens', colour: COLOURS.orange, bins: geometricMean },
      ],
    },
  ]);
}

/** The page of the documentation. It reads as Prettier leaves it. */
export function writeCalibrationReport(results: CalibrationResults): string {
  const { model, set, runs, difference } = results;
  const [[name, run]] = Object.entries(runs) as [[string, RunResult]];
  const product = run.words[RECOMMENDED_WORD_CONFIDENCE]!;
  const arithmetic = run.words['arithmetic mean']!;
  const withPunctuation = run.words[`${RECOMMENDED_WORD_CONFIDENCE}, with punctuation`]!;
  const at = (threshold: number, of: readonly Threshold[]): Threshold =>
    of.find((each) => each.threshold === threshold)!;
  return `# Confidence

<!-- Written by \`npm run calibration\`. Do not edit. -->

How far the probabilities of a transcript say which of its words are right. Measured on ${model}: ${set.utterances} utterances, ${set.words} words, ${(set.seconds / 60).toFixed(0)} minutes, ${set.voices} voices, through the server's own path (audio decoder, speech detector, engine process, temperatures of the HTTP interface, language given). Where nothing else is said the figures are of \`${name}\`.

**They hold for this model and these recordings.** The embedded model knows 480 English words and was trained on synthesized speech, and the held-out set (\`test/fixtures/held-out\`, whose README says what is in it) is synthesized too: nothing here is a claim about people's speech or about Whisper tiny. Measure yours before you choose a threshold ([below](#with-your-own-model-and-recordings)).

Inputs: \`${results.inputs}\`

## In short

- **A word's confidence is the product of the probabilities of the tokens that spell it**, punctuation left out: exp(sum of the tokens' log-probabilities). Read as the chance that the word is right it is off by ${points(product.ece)} points on average; openai/whisper's \`probability\`, the arithmetic mean, by ${points(arithmetic.ece)}. Errors of both signs cancel in that: by group of recordings it is off by ${Object.entries(
    run.groups,
  )
    .map(([each, { quality }]) => `${points(quality.ece)} (${each})`)
    .join(
      ', ',
    )}. Number and thresholds were chosen on the recordings that they are shown on. Tokens after the first are easy to guess, and a mean lets them cover for it.
- Of a right and a wrong word, the right one has the higher confidence in ${percent(product.auroc)} of the cases.
- **Asking again about words below ${at(0.8, run.thresholds).threshold}** catches ${percent(at(0.8, run.thresholds).wrongCaught, 0)} of the wrong words, at the price of ${percent(at(0.8, run.thresholds).rightAskedAgain, 0)} of the right ones. Below 0.5 it is ${percent(at(0.5, run.thresholds).wrongCaught, 0)} for ${percent(at(0.5, run.thresholds).rightAskedAgain, 0)}.
- **The least sure word decides about an utterance.** Asking again where it is below 0.5 catches ${percent(at(0.5, run.leastWordThresholds).wrongCaught, 0)} of the utterances that hold a mistake, at the price of ${percent(at(0.5, run.leastWordThresholds).rightAskedAgain, 0)} of those that hold none.
- An average over the utterance hides its one wrong word. The geometric mean of the text tokens is off by ${points(run.utterances['geometric mean of the text tokens']!.exact.ece)} points as the chance that an utterance is right; the product of the words by ${points(run.utterances['product of the words']!.exact.ece)}. As the share of the words that is right, the mean of the words is off by ${points(run.utterances['mean of the words']!.share.ece)}, the geometric mean by ${points(run.utterances['geometric mean of the text tokens']!.share.ece)}.
- **What the server says:** of a word (\`verbose_json\`, granularity \`word\`) the product above as \`confidence\` and openai/whisper's mean as \`probability\`; of a segment and of a transcript, as \`confidence\`, the mean of its words.
- **Confidence knows nothing of words that are missing** (${run.errors.deletions} of ${run.errors.words} words here), and is too high where the audio is bad: see [by group](#by-group).

![Reliability diagrams](confidence.svg)

## Word error rate

After Whisper's basic normalizer; the interval is 95 %, drawing utterances again.

${table(
  ['run', 'WER', '95 %', 'substituted', 'inserted', 'missing', 'without a mistake', 'nothing heard'],
  Object.entries(runs).map(([each, { errors, rateInterval, exact, silent }]) => [
    each,
    percent(errors.rate),
    interval(rateInterval, percent),
    errors.substitutions,
    errors.insertions,
    errors.deletions,
    `${exact} of ${errors.utterances}`,
    silent,
  ]),
)}
${
  difference === undefined
    ? ''
    : `
\`${difference.names[0]}\` less \`${difference.names[1]}\`, on the same utterances: ${points(difference.points)} points (95 %: ${interval(difference.of, points)}).
`
}
${familyTable(runs)}

## Words

### Which number

The expected calibration error (ECE, ten bins of equal width) says how far confidence and share of right words are apart; the Brier score is the mean squared error; AUROC is how often a right word has the higher confidence of a right and a wrong one. The intervals are of the difference to the first line.

${table(
  ['confidence of a word', 'ECE', 'more than the first, 95 %', 'Brier', 'AUROC', 'more than the first, 95 %'],
  Object.entries(run.words).map(([each, { ece, brier, auroc, moreEce, moreAuroc }]) => [
    each,
    decimal(ece),
    each === RECOMMENDED_WORD_CONFIDENCE ? '' : interval(moreEce, decimal),
    decimal(brier),
    decimal(auroc),
    each === RECOMMENDED_WORD_CONFIDENCE ? '' : interval(moreAuroc, decimal),
  ]),
)}

Of the first line itself: ECE ${interval(run.eceInterval, decimal)}, AUROC ${interval(run.aurocInterval, decimal)} (95 %, drawing utterances). In the other runs:

${table(
  ['run', 'ECE', 'Brier', 'AUROC', 'ECE of the arithmetic mean', 'AUROC of the arithmetic mean'],
  Object.entries(runs).map(([each, { words }]) => {
    const { ece, brier, auroc } = words[RECOMMENDED_WORD_CONFIDENCE]!;
    const other = words['arithmetic mean']!;
    return [each, decimal(ece), decimal(brier), decimal(auroc), decimal(other.ece), decimal(other.auroc)];
  }),
)}

Taking in the punctuation behind a word changes the ECE of its product by ${signed(withPunctuation.ece - product.ece)} and the AUROC by ${signed(withPunctuation.auroc - product.auroc)}. It is left out all the same: what follows a word does not make the word wrong, and openai/whisper leaves it out of a word's \`probability\` too.

The arithmetic mean is that of the decoder's own probabilities, under its rules; a \`probability\` that openai/whisper's way of timing words computes comes of a second reading of the text, and differs a little.

### Reliability

The intervals take the words for independent of each other; words of one utterance are not quite.

${binTable(run.bins, 'words', 'right')}

### Thresholds

${table(
  ['ask again below', 'wrong words caught', 'right words asked again'],
  run.thresholds.map(({ threshold, wrongCaught, rightAskedAgain }) => [
    threshold,
    percent(wrongCaught),
    percent(rightAskedAgain),
  ]),
)}

### By group

Where the mean confidence is above the share of right words, the model is too sure of itself; the last columns are what asking again about words below 0.8 does.

${table(
  [
    'group',
    'WER',
    'words written',
    'right',
    'mean confidence',
    'ECE',
    'AUROC',
    'wrong ones caught',
    'right ones asked again',
  ],
  Object.entries(run.groups).map(([each, { errors, written, right, meanConfidence, quality, thresholds }]) => [
    each,
    percent(errors.rate),
    written,
    percent(right),
    percent(meanConfidence),
    decimal(quality.ece),
    decimal(quality.auroc),
    percent(at(0.8, thresholds).wrongCaught),
    percent(at(0.8, thresholds).rightAskedAgain),
  ]),
)}

### Sure, and wrong

The mistakes that no threshold finds:

${table(
  ['confidence', 'word', 'written', 'said', 'voice'],
  run.surestMistakes.map(({ confidence, word, written, said, voice }) => [
    confidence.toFixed(3),
    code(word),
    code(written),
    code(said),
    code(voice),
  ]),
)}

### Recalibration

Learnt on all voices but one family and tried on that one, and on all groups but one and tried on that one; the figures are of all taken together. Temperature and Platt's scaling work on the logit of the confidence.

${table(
  ['recalibration', 'ECE, new voices', 'Brier', 'AUROC', 'ECE, new group', 'Brier', 'AUROC'],
  [
    ['none', ...[product, product].flatMap(({ ece, brier, auroc }) => [ece, brier, auroc].map(decimal))],
    ...Object.entries(run.recalibrated).map(([each, { byFamily, byGroup }]) => [
      each,
      ...[byFamily, byGroup].flatMap(({ ece, brier, auroc }) => [ece, brier, auroc].map(decimal)),
    ]),
  ],
)}

The server applies none: a curve that is learnt here is this model's on this speech. Who has measured their own may use Platt's on what the server says. Here it is 1 / (1 + exp(-(${run.logistic.slope.toFixed(2)} × logit(confidence) ${run.logistic.offset < 0 ? '-' : '+'} ${Math.abs(run.logistic.offset).toFixed(2)}))).

## Utterances

As the chance that an utterance holds no mistake, and as the share of its words that is right (1 less its word error rate). The words' confidence is that of above; \`avg_logprob\` counts timestamps and the end of the text as well. The ${run.silent} utterances that nothing was heard in are left out.

${table(
  ['confidence of an utterance', 'exact: ECE', 'Brier', 'AUROC', 'share right: ECE', 'correlation'],
  Object.entries(run.utterances).map(([each, { exact, share }]) => [
    each,
    decimal(exact.ece),
    decimal(exact.brier),
    decimal(exact.auroc),
    decimal(share.ece),
    decimal(share.correlation),
  ]),
)}

By the least of the words:

${table(
  ['ask again below', 'utterances with a mistake caught', 'utterances without one asked again'],
  run.leastWordThresholds.map(({ threshold, wrongCaught, rightAskedAgain }) => [
    threshold,
    percent(wrongCaught),
    percent(rightAskedAgain),
  ]),
)}

By the product of the words:

${binTable(run.utteranceBins['product of the words']!, 'utterances', 'without a mistake')}

## With your own model and recordings

\`\`\`sh
npm run calibration -- --model ~/models/whisper-tiny --data ~/recordings
\`\`\`

The model is a folder as \`whisper-stt fetch\` writes it. The recordings are WAV or FLAC files beside a \`manifest.json\`, a list of \`{ "file": "call-17.wav", "text": "What was said.", "language": "en", "group": "mobile", "voice": "caller 4" }\`; only \`file\` and \`text\` are needed, and \`startSample\` and \`endSample\` (at 16 kHz) where a file holds several. The report is written to \`artifacts/calibration\`. Two thousand words are enough to place a threshold; a bin of 50 words is known to within 14 points.
`;
}

function familyTable(runs: CalibrationResults['runs']): string {
  const families = Object.keys(Object.values(runs)[0]!.families);
  const rate = (run: RunResult, family: string): string => percent(run.families[family]!.rate);
  return table(
    ['group, voices', 'utterances', 'words', ...Object.keys(runs).map((name) => `WER, ${name}`)],
    families.map((family) => {
      const { utterances, words }: ErrorRate = Object.values(runs)[0]!.families[family]!;
      return [family, utterances, words, ...Object.values(runs).map((run) => rate(run, family))];
    }),
  );
}

function binTable(bins: readonly ReliabilityBin[], items: string, outcome: string): string {
  return table(
    ['confidence', items, 'mean confidence', outcome, '95 %'],
    bins.map(({ from, to, count, meanConfidence, meanOutcome, interval: known }) => [
      `${from.toFixed(1)} to ${to.toFixed(1)}`,
      count,
      percent(meanConfidence),
      percent(meanOutcome),
      interval(known, percent),
    ]),
  );
}

/** A table as Prettier pads it. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map(String));
  const widths = head.map((title, column) => Math.max(3, title.length, ...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

/** What cannot be said, because all are right or all are wrong, is null in the results' JSON. */
const known = (value: number | null, write: (value: number) => string): string => (value === null ? '–' : write(value));
const decimal = (value: number | null): string => known(value, (some) => some.toFixed(3));
const signed = (value: number): string => `${value < 0 ? '-' : '+'}${decimal(Math.abs(value))}`;
const percent = (share: number | null, digits = 1): string =>
  known(share, (some) => `${(100 * some).toFixed(digits)} %`);
/** Hundredths. */
const points = (difference: number): string => (100 * difference).toFixed(1);
const interval = ([low, high]: readonly [number, number], write: (value: number) => string): string =>
  `${write(low)} to ${write(high)}`;
const code = (contents: string): string => `\`${contents.replaceAll('`', "'").replaceAll('|', '\\|')}\``;
