import { readFileSync } from 'node:fs';

/**
 * What the image sets for Node.js and malloc: memory is measured of the server as the image runs it.
 *
 * @param dockerfile path of service/Dockerfile
 */
export function imageMemorySettings(dockerfile: string): Readonly<Record<string, string>> {
  const text = readFileSync(dockerfile, 'utf8');
  const settings = [...text.matchAll(/^(?:ENV)? +((?:NODE_OPTIONS|MALLOC_)\w*)=(\S+)/gm)];
  if (settings.length === 0) throw new Error(`${dockerfile} sets neither NODE_OPTIONS nor MALLOC_*`);
  return Object.fromEntries(settings.map(([, name, value]) => [name, value] as const)) as Record<string, string>;
}
