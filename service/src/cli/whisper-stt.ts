import { EXIT_CODES } from '../../../lib/contract';
import { ConfigError } from '../config';
import { EngineError } from '../engine/engine-error';
import { serve } from '../main';
import { VERSION } from '../version';
import { WhisperError } from '../whisper/whisper-error';
import { SERVE_USAGE } from './serve-usage';
import { UsageError } from './usage-error';

const USAGE = `Usage: whisper-stt COMMAND

  serve                start the server; its environment configures it
  transcribe FILE...   transcripts of audio files, folders and globs
  doctor               check environment, machine and model, and say what to do
  fetch MODEL          download a model into the model store
  compile-model SOURCE OUT
                       write a model in the layout that the server is fastest with
  demo                 start the server on the embedded model, transcribe a sample, stop it

  --help, -h           print this; after a command, what it takes
  --version            print the version`;

/** The command line. */
export async function whisperStt([command, ...args]: readonly string[]): Promise<void> {
  try {
    process.exitCode = await run(command, args);
  } catch (error) {
    if (error instanceof ConfigError) process.exitCode = EXIT_CODES.configuration;
    else if (error instanceof EngineError || error instanceof WhisperError) process.exitCode = EXIT_CODES.engine;
    else if (isUsageError(error)) process.exitCode = 2;
    else throw error;
    console.error(`${error.code}: ${error.message}`);
  }
}

/** Ours, and what node:util's parseArgs throws. */
function isUsageError(error: unknown): error is Error & { code: string } {
  if (error instanceof UsageError) return true;
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

/** What runs and is to start soon is the server: the other commands load when they are asked for. */
async function run(command: string | undefined, args: readonly string[]): Promise<number> {
  switch (command) {
    case 'serve':
      if (args.length > 0) {
        const asksForHelp = args.every((argument) => ['--help', '-h'].includes(argument));
        console[asksForHelp ? 'log' : 'error'](SERVE_USAGE);
        return asksForHelp ? EXIT_CODES.ok : 2;
      }
      return serve(process.env);
    case 'transcribe':
      return (await import('./transcribe/transcribe-files.js')).transcribeFiles(args);
    case 'doctor':
      return (await import('./doctor/doctor.js')).doctor(args, process.env);
    case 'fetch':
      return (await import('./fetch-model.js')).fetchModel(args);
    case 'compile-model':
      return (await import('./compile-model.js')).compileModel(args);
    case 'demo':
      return (await import('./demo.js')).demo(args);
    case '--version':
      console.log(VERSION);
      return EXIT_CODES.ok;
    case '--help':
    case '-h':
      console.log(USAGE);
      return EXIT_CODES.ok;
    default:
      console.error(command === undefined ? USAGE : `no command ${JSON.stringify(command)}\n\n${USAGE}`);
      return 2;
  }
}
