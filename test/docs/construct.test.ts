import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULES } from '../../lib/policy/rules';

const ROOT = join(__dirname, '../..');
const GUIDE = readFileSync(join(ROOT, 'docs/construct.md'), 'utf8');
const SOURCES = readdirSync(join(ROOT, 'lib'))
  .filter((file) => file.endsWith('.ts') && file !== 'contract.ts')
  .map((file) => readFileSync(join(ROOT, 'lib', file), 'utf8'));

/** What the first group of the pattern meets in lib/, without repetition. */
function found(pattern: RegExp): string[] {
  return [...new Set(SOURCES.flatMap((source) => [...source.matchAll(pattern)].map((match) => match[1]!)))];
}

/** Members of the interfaces that WhisperSttServiceProps extends. */
function props(): string[] {
  const interfaces = SOURCES.flatMap((source) => [...source.matchAll(/interface \w+Props \{(.*?)\n\}/gs)]);
  return interfaces.flatMap(([, body]) => [...body!.matchAll(/readonly (\w+)\??:/g)].map((match) => match[1]!));
}

describe("the construct's guide", () => {
  test('has a row for every prop', () => {
    expect(props().length).toBeGreaterThan(15);
    expect(props().filter((prop) => !GUIDE.includes(`| \`${prop}\``))).toEqual([]);
  });

  test('has every code that the constructor throws', () => {
    const codes = found(/faults\s*\.(?:add|whole\w+)\(\s*'([a-z-]+)'/g);

    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !GUIDE.includes(`\`${code}\``))).toEqual([]);
  });

  test('has a row for every rule', () => {
    expect(RULES.filter(({ id }) => !GUIDE.includes(`| \`${id}\``))).toEqual([]);
  });

  test("names the package's version where cdk8s-cli wants it exactly", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

    expect(GUIDE).toContain(`    version: ${version}\n    class: WhisperSttPolicy`);
  });
});
