import { execFile } from 'node:child_process';
import path from 'node:path';
import { REPOSITORY } from './built';

/** The command line's program. */
export const BIN = path.join(REPOSITORY, 'service/bin/whisper-stt.js');

/** How a command ended, and what it printed. */
interface Outcome {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in an environment of its own. */
export function whisperStt(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [BIN, ...args],
      { env: { PATH: process.env.PATH, ...environment } },
      (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, stdout, stderr });
      },
    );
  });
}
