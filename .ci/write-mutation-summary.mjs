/**
 * Writes docs/mutation.md from Stryker's last report, and fails below the score that the project promises.
 *
 * With `--inputs` it only prints the hash of the sources as they are now; the document names that of those it is about.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const REPORT = path.join(REPOSITORY, 'reports/mutation/mutation.json');
const DOCUMENT = path.join(REPOSITORY, 'docs/mutation.md');

/** Folders whose lines are changed; those of stryker.config.mjs. */
const FOLDERS = ['lib/planning', 'lib/policy'];

/** Percent of the mutants that some test notices. */
const PROMISED_SCORE = 85;

const NOTICED = ['Killed', 'Timeout'];
const MISSED = ['Survived', 'NoCoverage'];

/** @param {Map<string, string>} sources text by name */
function hashOf(sources) {
  const hash = createHash('sha256');
  for (const name of [...sources.keys()].sort()) hash.update(`${name}\0${sources.get(name)}\0`);
  return hash.digest('hex');
}

function sourcesNow() {
  const names = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(REPOSITORY, folder)).map((name) => `${folder}/${name}`),
  );
  return new Map(names.map((name) => [name, readFileSync(path.join(REPOSITORY, name), 'utf8')]));
}

const count = (mutants, statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;

function row(name, mutants) {
  const noticed = count(mutants, NOTICED);
  const endless = count(mutants, ['Timeout']);
  const missed = count(mutants, MISSED);
  const score = noticed + missed === 0 ? 100 : (100 * noticed) / (noticed + missed);
  return { name, noticed, endless, missed, score };
}

const line = ({ name, noticed, endless, missed, score }) =>
  `| ${name} | ${score.toFixed(1)} % | ${noticed} | ${endless} | ${missed} |`;

/** As one cell of a table holds it: a fence that is longer than any in it. */
function code(text) {
  const short = text.replace(/\s+/g, ' ').slice(0, 80).trim();
  const longest = Math.max(0, ...(short.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return short === '' ? 'nothing' : `${fence} ${short.replaceAll('|', '\\|')} ${fence}`;
}

function missedLine(name, source, { location: { start, end }, replacement = '' }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return `| ${name}:${start.line} | ${code(lines.join(' '))} | ${code(replacement)} |`;
}

function writeSummary() {
  const { files } = JSON.parse(readFileSync(REPORT, 'utf8'));
  const sorted = Object.entries(files).sort(([left], [right]) => (left < right ? -1 : 1));
  const rows = sorted.map(([name, { mutants }]) => row(name, mutants));
  const all = sorted.flatMap(([, { mutants }]) => mutants);
  const total = row('all', all);
  const ignored = count(all, ['Ignored']);
  const missed = sorted.flatMap(([name, { source, mutants }]) =>
    mutants.filter(({ status }) => MISSED.includes(status)).map((mutant) => missedLine(name, source, mutant)),
  );
  // A file without a mutant is not in the report, and is an input all the same.
  const sources = new Map([...sourcesNow(), ...sorted.map(([name, { source }]) => [name, source])]);
  writeFileSync(
    DOCUMENT,
    `# Mutation testing

<!-- Written by \`npm run mutation\`. Do not edit. -->

Stryker changes the rules (\`lib/policy\`) and the arithmetic (\`lib/planning\`) of the construct, one place at a time, and
runs their tests. A change that no test notices is a line that could break unseen. At least ${PROMISED_SCORE} % must be
noticed. ${ignored} changes of what runs while a module is loaded (the texts of the rules, constants) are not tried: each
would need all the tests.

Inputs: \`${hashOf(sources)}\`

| file | score | noticed | of which by running on for ever | missed |
| --- | --- | --- | --- | --- |
${[total, ...rows].map(line).join('\n')}

## Missed

| where | what | changed into |
| --- | --- | --- |
${missed.join('\n')}
`,
  );
  console.log(`mutation score ${total.score.toFixed(1)} %, written to docs/mutation.md`);
  process.exitCode = total.score < PROMISED_SCORE ? 1 : 0;
}

if (process.argv.includes('--inputs')) console.log(hashOf(sourcesNow()));
else writeSummary();
