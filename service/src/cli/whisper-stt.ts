import { parseArgs } from 'node:util';
import { EXIT_CODES } from '../../../lib/contract';
import { ConfigError } from '../config';
import { EngineError } from '../engine/engine-error';
import { serve } from '../main';
import { WhisperError } from '../whisper/whisper-error';
import { demo } from './demo';
import { fetchModel } from './fetch-model';
import { transcribeFiles } from './transcribe-files';

const USAGE = `Usage: whisper-stt COMMAND

  serve                   start the server; its environment configures it (docs/configuration.md)
  transcribe FILE...      print the transcripts of audio files
  fetch MODEL             download a model into the model store
  demo                    start the server on the embedded model, transcribe a sample, stop it

whisper-stt COMMAND --help tells more.`;

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

/** What node:util's parseArgs throws. */
function isUsageError(error: unknown): error is Error & { code: string } {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

async function run(command: string | undefined, args: readonly string[]): Promise<number> {
  switch (command) {
    case 'serve':
      if (args.length > 0) {
        console.log('Usage: whisper-stt serve\n\nThe environment configures the server: see docs/configuration.md.');
        return args.every((argument) => ['--help', '-h'].includes(argument)) ? EXIT_CODES.ok : 2;
      }
      return serve(process.env);
    case 'transcribe':
      return transcribeFiles(args);
    case 'fetch':
      return fetchModel(args);
    case 'demo':
      parseArgs({ args: [...args], options: {} });
      return demo();
    case '--help':
    case '-h':
      console.log(USAGE);
      return EXIT_CODES.ok;
    default:
      console.error(command === undefined ? USAGE : `no command ${JSON.stringify(command)}\n\n${USAGE}`);
      return 2;
  }
}
