import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  /** Where kubectl prints the API server's warnings too. */
  readonly stderr: string;
}

/** Runs kubectl and says what became of it. */
export function kubectl(args: readonly string[], input = ''): Promise<CommandResult> {
  return run('kubectl', args, input);
}

/** Runs a line as a person would type it. */
export function shell(line: string): Promise<CommandResult> {
  return run('bash', ['-c', line], '');
}

function run(command: string, args: readonly string[], input: string): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
    // A command that ends without reading its input breaks the pipe; its exit code says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
