import { createRequire } from 'node:module';
import path from 'node:path';

export const REPOSITORY = path.resolve(__dirname, '../..');

/** Path of a compiled module, for what must run as in production: child processes, workers, the command line. */
export function builtPath(module: string): string {
  return path.join(REPOSITORY, 'build', module);
}

/** A compiled module; its source has the types. */
export function builtModule(module: string): unknown {
  return createRequire(__filename)(builtPath(module)) as unknown;
}
