// Hash of what docs/image.md is made from; the server's own sources change its figures by less than it shows.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = path.resolve(fileURLToPath(import.meta.url), '../../..');

/** @returns {string} sha256 of the Dockerfile, the scripts beside this one, and the packages that the image gets */
export function inputsHash() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'packages-'));
  try {
    const script = path.join(REPOSITORY, 'service/image/serving-packages.mjs');
    execFileSync(process.execPath, [script, 'amd64', folder], { cwd: REPOSITORY });
    const scripts = readdirSync(path.join(REPOSITORY, 'service/image')).sort();
    const files = [
      path.join(REPOSITORY, 'service/Dockerfile'),
      ...scripts.map((name) => path.join(REPOSITORY, 'service/image', name)),
      path.join(folder, 'package-lock.json'),
    ];
    const hash = createHash('sha256');
    for (const file of files) hash.update(readFileSync(file));
    return hash.digest('hex');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(inputsHash());
