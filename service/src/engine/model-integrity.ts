import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EngineError } from './engine-error';
import { filesOfLayout, type ModelDirectory } from './model-directory';

/** Checksums of a model's files, in the model's folder, as `sha256sum` writes and checks them. */
const CHECKSUMS_FILE = 'SHA256SUMS';

/** A line of `sha256sum`: the digest, then a space and the mode (` ` text, `*` binary), then the path. */
const LINE = /^(?<digest>[0-9a-f]{64}) [ *](?<file>.+)$/;

/** Large enough to hash weights at the speed of the hash; one buffer of it, or the garbage of a stream would stay in memory. */
const READ_BYTES = 2 ** 18;

/**
 * Compares what the server loads of a model with the checksums that were written when its image was built. A model
 * without checksums is taken as it is.
 *
 * A layer that was damaged, or a volume that was only half copied, may still load and would then mistranscribe.
 *
 * @returns SHA-256 of the files that were compared, by their names in the folder; none without checksums
 * @throws EngineError `model_corrupt`
 */
export async function verifyModelFiles(directory: ModelDirectory): Promise<ReadonlyMap<string, string>> {
  const expected = await readModelChecksums(directory.path);
  if (!expected) return new Map();
  const loaded = [
    ...filesOfLayout(directory),
    ...['config.json', 'generation_config.json', 'tokenizer.json'].map((file) => path.join(directory.path, file)),
  ];
  const found: string[] = [];
  for (const file of loaded) {
    const fault = await faultOf(directory.path, file, expected);
    if (fault !== undefined) found.push(fault);
  }
  if (found.length > 0) {
    throw new EngineError(
      'model_corrupt',
      `model ${directory.name} in ${directory.path} is not what ${CHECKSUMS_FILE} says: ${found.join('; ')}. ` +
        'Pull the image or copy the model anew.',
    );
  }
  return new Map(loaded.map((file) => path.relative(directory.path, file)).map((name) => [name, expected.get(name)!]));
}

/**
 * SHA-256 of a model's files, by their names in its folder, as its checksums say; undefined without such.
 *
 * @throws EngineError `model_corrupt` for what `sha256sum` does not write
 */
export async function readModelChecksums(folder: string): Promise<ReadonlyMap<string, string> | undefined> {
  const file = path.join(folder, CHECKSUMS_FILE);
  return existsSync(file) ? parse(await readFile(file, 'utf8'), file) : undefined;
}

/**
 * What is not as a model's checksums say, of the files that are there; nothing without checksums.
 *
 * @param isChecked which of those that they list
 * @param mustBeListed which of the others it is a fault not to list
 * @throws EngineError `model_corrupt` for what `sha256sum` does not write
 */
export async function checksumFaults(
  folder: string,
  isChecked: (name: string) => boolean,
  mustBeListed: readonly string[],
): Promise<readonly string[]> {
  const expected = await readModelChecksums(folder);
  if (expected === undefined) return [];
  const faults: string[] = [];
  for (const name of new Set([...[...expected.keys()].filter(isChecked), ...mustBeListed])) {
    const file = path.join(folder, name);
    const fault = existsSync(file) ? await faultOf(folder, file, expected) : undefined;
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

/** Writes the checksums of all files of a model's folder. */
export async function writeModelChecksums(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== CHECKSUMS_FILE)
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
  const lines = await Promise.all(files.map(async (file) => `${await sha256(path.join(folder, file))}  ${file}\n`));
  await writeFile(path.join(folder, CHECKSUMS_FILE), lines.join(''));
}

function parse(text: string, file: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const groups = LINE.exec(line)?.groups;
      if (!groups) {
        throw new EngineError('model_corrupt', `${file}: ${JSON.stringify(line)} is no line of sha256sum`);
      }
      return [path.normalize(groups.file!), groups.digest!];
    }),
  );
}

async function faultOf(
  folder: string,
  file: string,
  expected: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const name = path.relative(folder, file);
  const digest = expected.get(name);
  if (digest === undefined) return `${name} is not listed`;
  const actual = existsSync(file) ? await sha256(file) : 'no file';
  return actual === digest ? undefined : `${name} is ${actual}, expected ${digest}`;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const handle = await open(file);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
