import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FieldSchema } from '../../service/src/http/forms/form-schema';
import { ASR_QUERY } from '../../service/src/http/routes/asr-webservice-fields';
import { INFERENCE_FORM } from '../../service/src/http/routes/whisper-cpp-form';
import { REPOSITORY } from '../support/built';

const LINES = readFileSync(path.join(REPOSITORY, 'docs/http-api.md'), 'utf8').split('\n');

/** Rows of the tables whose header starts with the word: names of fields, and the cells behind them. */
function documented(header: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  LINES.forEach((line, at) => {
    if (!line.startsWith(`| ${header}`)) return;
    for (const row of LINES.slice(at + 2, LINES.indexOf('', at))) {
      const [names, ...cells] = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      for (const [, name] of names!.matchAll(/`(\w+)`/g)) found.set(name!, cells);
    }
  });
  return found;
}

describe.each([
  ['inference field', INFERENCE_FORM.properties],
  ['asr parameter', ASR_QUERY.properties],
] as const)('docs/http-api.md, %s', (header, properties: Readonly<Record<string, FieldSchema>>) => {
  const table = documented(header);

  it('lists every field of the schema, and no other', () => {
    expect([...table.keys()].sort()).toEqual(Object.keys(properties).sort());
  });

  it('states the defaults of the schema', () => {
    for (const [name, schema] of Object.entries(properties)) {
      if (schema.default === undefined) continue;
      const shown = typeof schema.default === 'boolean' ? (schema.default ? 'yes' : 'no') : String(schema.default);
      expect([name, table.get(name)![1]!.replaceAll('`', '')]).toEqual([name, shown]);
    }
  });

  it('says of the fields without effect that they have none', () => {
    for (const [name, { description }] of Object.entries(properties)) {
      const isWithout = description.startsWith('Taken, and without effect');
      const cells = table.get(name)!;
      const saysSo = cells.length === 1 || cells[2]!.startsWith('without effect:');
      expect([name, saysSo]).toEqual([name, isWithout]);
    }
  });
});
