import { stat } from 'node:fs/promises';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';

/** Audio that is to be transcribed. */
export interface Input {
  /** As messages name it: the path as it was given, or below the folder that was; `-` for standard input. */
  readonly name: string;
  /** Absolute; undefined for standard input. */
  readonly path: string | undefined;
  /** Where it lies below what was named: `calls/a.wav` of a folder, `a.wav` of a file. Parts are joined by `/`. */
  readonly relativePath: string;
}

export interface FoundInputs {
  /** In the order of the arguments, and by name within a folder or a glob; each file once. */
  readonly inputs: readonly Input[];
  /** Folders and globs in which nothing was found. */
  readonly empty: readonly string[];
}

/** What files of the formats that the server reads (docs/audio.md) are called; in folders, others are passed over. */
const AUDIO_EXTENSIONS = [
  ...['wav', 'wave', 'aif', 'aiff', 'aifc', 'au', 'snd', 'flac', 'mp3', 'aac', 'adts'],
  ...['ogg', 'oga', 'opus', 'webm', 'mka', 'mkv', 'mp4', 'm4a', 'm4b', 'mov'],
];

/** What files of nothing but samples are called. */
const RAW_EXTENSIONS = ['raw', 'pcm', 's16', 's16le', 's16be', 'f32', 'f32le', 'ul', 'ulaw', 'mulaw', 'al', 'alaw'];

/**
 * The files that arguments stand for: files themselves, folders with all that lies below, globs that no shell has
 * expanded. A file that is not there is found, too: reading it says what is wrong.
 *
 * @param isRaw whether the files are samples without a header, by which folders are searched
 */
export async function findInputs(args: readonly string[], isRaw: boolean): Promise<FoundInputs> {
  const inputs: Input[] = [];
  const empty: string[] = [];
  const known = new Set<string>();
  for (const argument of args) {
    const found = await inputsOf(argument, isRaw ? RAW_EXTENSIONS : AUDIO_EXTENSIONS);
    if (found.length === 0) empty.push(argument);
    for (const input of found) {
      const key = input.path ?? '-';
      if (!known.has(key)) inputs.push(input);
      known.add(key);
    }
  }
  return { inputs, empty };
}

async function inputsOf(argument: string, extensions: readonly string[]): Promise<readonly Input[]> {
  if (argument === '-') return [{ name: '-', path: undefined, relativePath: 'stdin' }];
  const stats = await stat(argument).catch(() => undefined);
  if (stats?.isDirectory()) {
    return search(`**/*.{${extensions.join(',')}}`, argument, { caseSensitiveMatch: false });
  }
  // A file may be called `a[1].wav`: what is there is no pattern.
  if (stats === undefined && isDynamicPattern(argument)) {
    const base = fixedPartOf(argument);
    return search(path.posix.relative(base, argument), base, {});
  }
  return [{ name: argument, path: path.resolve(argument), relativePath: path.basename(argument) }];
}

async function search(pattern: string, folder: string, options: { caseSensitiveMatch?: boolean }): Promise<Input[]> {
  const files = await glob(pattern, { ...options, cwd: folder, expandDirectories: false });
  return files.sort(compare).map((relativePath) => ({
    name: path.join(folder, relativePath),
    path: path.resolve(folder, relativePath),
    relativePath,
  }));
}

/** The folder in front of a pattern's first wildcard. */
function fixedPartOf(pattern: string): string {
  const parts = pattern.split('/');
  const fixed = parts.slice(
    0,
    parts.findIndex((part) => isDynamicPattern(part)),
  );
  return fixed.length === 0 ? '.' : fixed.join('/') || '/';
}

/** `call-2` before `call-10`. */
function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
