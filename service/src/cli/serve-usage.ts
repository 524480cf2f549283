import { ENV, EXIT_CODES } from '../../../lib/contract';
import { readConfig } from '../config';

/** What the server makes of an empty environment. */
const DEFAULT_VALUES: Readonly<Record<string, unknown>> = { ...readConfig({}) };
const NAME_WIDTH = Math.max(...Object.values(ENV).map((name) => name.length));

const variables = Object.entries(ENV).map(([key, name]) => {
  const value = DEFAULT_VALUES[key];
  const isShown = typeof value === 'string' || typeof value === 'number';
  return `  ${name.padEnd(NAME_WIDTH)}   ${isShown ? value : ''}`.trimEnd();
});

export const SERVE_USAGE = `Usage: whisper-stt serve

Starts the server, which runs until SIGTERM or SIGINT. It has no options but --help, -h: its environment configures it,
as docs/configuration.md explains. Variables and their defaults:

${variables.join('\n')}

Exit codes: ${EXIT_CODES.ok} stopped on request, ${EXIT_CODES.drainTimeout} requests were cut off, 2 wrong usage, ${EXIT_CODES.engine} the engine could not start or failed, ${EXIT_CODES.configuration} the
environment is faulty.`;
