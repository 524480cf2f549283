import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULTS, ENV, EXIT_CODES, METRICS_PATH, PROBE_PATHS } from '../../lib/contract';
import { ERROR_KINDS } from '../../service/src/http/errors/api-error';
import { REPOSITORY } from '../support/built';

const page = (name: string): string => readFileSync(path.join(REPOSITORY, 'docs', name), 'utf8');

/** Cells of the first table whose header starts with the given word. */
function rows(markdown: string, header: string): string[][] {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => new RegExp(`^\\| ${header} +\\|`).test(line));
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/configuration.md', () => {
  const table = rows(page('configuration.md'), 'variable');

  it('lists every variable of the contract, and no other', () => {
    const listed = table.flatMap(([cell]) => [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(listed.sort()).toEqual(Object.values(ENV).sort());
  });

  it('states the defaults of the contract', () => {
    for (const [key, value] of Object.entries(DEFAULTS)) {
      const name = ENV[key as keyof typeof ENV];
      expect([name, table.find(([cell]) => cell === `\`${name}\``)?.[1]]).toEqual([name, `\`${value}\``]);
    }
  });

  it('lists every exit code', () => {
    expect(rows(page('configuration.md'), 'code').map(([code]) => Number(code))).toEqual(
      Object.values(EXIT_CODES).sort((a, b) => a - b),
    );
  });
});

describe('docs/http-api.md', () => {
  it('lists every error of the catalogue, with its status', () => {
    const listed = rows(page('http-api.md'), 'code').map(([code, status]) => [
      code!.replaceAll('`', ''),
      Number(status),
    ]);
    expect(Object.fromEntries(listed)).toEqual(
      Object.fromEntries(Object.entries(ERROR_KINDS).map(([code, { status }]) => [code, status])),
    );
  });

  it('names every probe, and the path of the metrics', () => {
    for (const name of [...Object.values(PROBE_PATHS), METRICS_PATH]) {
      expect(page('http-api.md')).toContain(name);
    }
  });
});
