import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DOCTOR_OPTIONS, DOCTOR_USAGE } from '../../../service/src/cli/doctor/doctor';
import { SERVE_USAGE } from '../../../service/src/cli/serve-usage';
import { TRANSCRIBE_OPTIONS, TRANSCRIBE_USAGE } from '../../../service/src/cli/transcribe/transcribe-usage';
import { TRANSCRIPT_FORMAT_NAMES } from '../../../service/src/cli/transcribe/transcript-format';
import { ENV } from '../../../lib/contract';
import { REPOSITORY } from '../../support/built';

const page = readFileSync(path.join(REPOSITORY, 'docs/cli.md'), 'utf8');
const flagsOf = (text: string): Set<string> =>
  new Set([...text.matchAll(/--([a-z][a-z-]+)/g)].map(([, name]) => name!));
/** The page's part about a command. */
const section = (command: string): string =>
  page.split(/^## /m).find((part) => part.startsWith(`\`${command}\``)) ?? '';

describe.each([
  ['transcribe', TRANSCRIBE_OPTIONS, TRANSCRIBE_USAGE],
  ['doctor', DOCTOR_OPTIONS, DOCTOR_USAGE],
])('the help of %s', (command, options, usage) => {
  it('lists every option, and no other', () => {
    expect([...flagsOf(usage)].sort()).toEqual(Object.keys(options).sort());
  });

  it('is no wider than 120 columns, and its options begin in one', () => {
    const lines = usage.split('\n');
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
    const columns = lines.flatMap((line) => /^( {2}-.*? {2,})\S/.exec(line)?.[1]?.length ?? []);
    expect(new Set(columns).size).toBe(1);
  });

  it('is told in docs/cli.md, option by option', () => {
    const table = [...section(command).matchAll(/^\| `--([a-z-]+)/gm)].map(([, name]) => name!);
    const own = Object.keys(options).filter((name) => name !== 'help');
    expect(table.sort()).toEqual(own.sort());
  });
});

describe('the help of serve', () => {
  it('lists every variable of the contract, with its default', () => {
    for (const name of Object.values(ENV)) expect(SERVE_USAGE).toMatch(new RegExp(`^ {2}${name}( |$)`, 'm'));
    expect(SERVE_USAGE).toMatch(/^ {2}STT_MODEL +nano$/m);
    expect(SERVE_USAGE).toMatch(/^ {2}STT_MAX_QUEUE +64$/m);
  });
});

describe('docs/cli.md', () => {
  it('lists every format of transcripts', () => {
    const listed = [...section('transcribe').matchAll(/^\| `([a-z_]+)` /gm)].map(([, name]) => name!);
    expect(listed).toEqual([...TRANSCRIPT_FORMAT_NAMES]);
  });
});
