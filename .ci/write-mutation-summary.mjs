/** Writes docs/mutation.md from Stryker's last report, and fails below the score that the project promises. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const REPORT = new URL('../reports/mutation/mutation.json', import.meta.url);
const DOCUMENT = new URL('../docs/mutation.md', import.meta.url);

/** Percent of the mutants that some test notices. */
const PROMISED_SCORE = 85;

const NOTICED = ['Killed', 'Timeout'];
const MISSED = ['Survived', 'NoCoverage'];

const count = (mutants, statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;

function row(name, mutants) {
  const noticed = count(mutants, NOTICED);
  const missed = count(mutants, MISSED);
  const score = noticed + missed === 0 ? 100 : (100 * noticed) / (noticed + missed);
  return { name, noticed, missed, score };
}

const { files } = JSON.parse(readFileSync(REPORT, 'utf8'));
const rows = Object.entries(files)
  .sort(([left], [right]) => (left < right ? -1 : 1))
  .map(([name, { mutants }]) => row(name, mutants));
const total = row(
  'all',
  Object.values(files).flatMap(({ mutants }) => mutants),
);

const line = ({ name, noticed, missed, score }) => `| ${name} | ${score.toFixed(1)} % | ${noticed} | ${missed} |`;
writeFileSync(
  DOCUMENT,
  `# Mutation testing

<!-- Written by \`npm run mutation\`. Do not edit. -->

Stryker changes the rules and the arithmetic of the construct, one place at a time, and runs the tests. A change that no
test notices is a line that could break unseen. At least ${PROMISED_SCORE} % must be noticed.

| file | score | noticed | missed |
| --- | --- | --- | --- |
${[total, ...rows].map(line).join('\n')}
`,
);
console.log(`mutation score ${total.score.toFixed(1)} %, written to ${fileURLToPath(DOCUMENT)}`);
process.exitCode = total.score < PROMISED_SCORE ? 1 : 0;
