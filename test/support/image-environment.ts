import { readFileSync } from 'node:fs';
import path from 'node:path';

const DOCKERFILE = path.join(__dirname, '../../service/Dockerfile');

/** What service/Dockerfile sets for Node.js and malloc: memory is measured of the server as the image runs it. */
export function imageMemorySettings(): Readonly<Record<string, string>> {
  const settings = [...readFileSync(DOCKERFILE, 'utf8').matchAll(/^(?:ENV)? +((?:NODE_OPTIONS|MALLOC_)\w*)=(\S+)/gm)];
  if (settings.length === 0) throw new Error(`${DOCKERFILE} sets nothing of it`);
  return Object.fromEntries(settings.map(([, name, value]) => [name, value] as const)) as Record<string, string>;
}
