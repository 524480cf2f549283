import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Input } from './find-inputs';

/** Digits of a digest that tell two paths apart. */
const DIGEST_DIGITS = 8;

/**
 * The file that each input's transcript goes to, below the output folder: `calls/a.srt` for `calls/a.wav`. Where two
 * would be the same, they keep the audio's extension (`a.wav.srt` and `a.mp3.srt`), and where that is the same, too, a
 * digest of the audio's path. A name does not depend on the order of the inputs, so that a later run finds it again.
 */
export function outputNames(inputs: readonly Input[], extension: string): ReadonlyMap<Input, string> {
  const rungs = inputs.map((input) => ({ input, names: candidates(input, extension), at: 0 }));
  for (;;) {
    const uses = new Map<string, number>();
    // By lower case: some file systems do not tell `A` from `a`.
    const keys = rungs.map(({ names, at }) => names[at]!.toLowerCase());
    for (const key of keys) uses.set(key, (uses.get(key) ?? 0) + 1);
    const climbing = rungs.filter(({ names, at }, index) => uses.get(keys[index]!)! > 1 && at < names.length - 1);
    if (climbing.length === 0) return new Map(rungs.map(({ input, names, at }) => [input, names[at]!]));
    for (const rung of climbing) rung.at++;
  }
}

/** From the plainest to one that no other input has. */
function candidates({ relativePath, path: source = '-' }: Input, extension: string): readonly string[] {
  const { dir, name, base } = path.posix.parse(relativePath);
  const digest = createHash('sha256').update(source).digest('hex').slice(0, DIGEST_DIGITS);
  return [name, base, `${base}-${digest}`].map((stem) => path.posix.join(insideOf(dir), `${stem}.${extension}`));
}

/** A glob may climb (`../*.wav` is searched in `..`, but `a/{..,b}` is not): nothing is written beside the folder. */
function insideOf(folder: string): string {
  return folder
    .split('/')
    .filter((part) => part !== '..')
    .join('/');
}
