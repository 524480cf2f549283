// Prints the hash of what the codecs' module is made of, by which a test tells that codec-binary.ts is stale.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

export function sourcesHash() {
  const sources = readdirSync(new URL('src', import.meta.url)).map((name) => `src/${name}`);
  const files = ['Cargo.lock', 'Cargo.toml', 'NOTICE', 'build.sh', 'rust-toolchain.toml', ...sources.sort()];
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(new URL(file, import.meta.url)));
  return hash.digest('hex');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(sourcesHash());
