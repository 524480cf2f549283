import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULES } from '../../lib/policy/rules';
import { rulesDocument } from '../../lib/policy/rules-document';

const DOCUMENT = readFileSync(join(__dirname, '../../docs/RULES.md'), 'utf8');

describe('docs/RULES.md', () => {
  test('is what the rules say: run `npm run docs:rules` and commit it when this fails', () => {
    expect(DOCUMENT).toBe(rulesDocument(RULES));
  });

  test('has a heading for every rule, which messages link to, below that of its severity', () => {
    const headings = [...DOCUMENT.matchAll(/^#{2,3} (.+)$/gm)].map((match) => match[1]!);
    const advice = headings.findIndex((heading) => heading.startsWith('Advice'));

    expect(headings).toHaveLength(RULES.length + 2);
    for (const { id, severity } of RULES) {
      expect(headings.indexOf(id) > advice).toBe(severity === 'advice');
      expect(headings).toContain(id);
    }
  });
});
