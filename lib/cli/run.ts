import { explain } from '../explanation/explain';
import { readManifests } from './read-manifests';

/** Where the command line writes. */
export interface Output {
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** sysexits.h EX_USAGE */
const USAGE_ERROR = 64;

/** Where `cdk8s synth` writes when nobody says otherwise. */
const DEFAULT_FOLDER = 'dist';

const USAGE = `Usage: cdk8s-whisper-stt explain [folder or file]

explain   every object of the synthesized manifests, why it exists, which prop changes it, and what the pods can come to
          use; reads YAML from the folder that \`cdk8s synth\` wrote (default: ${DEFAULT_FOLDER})`;

/** @returns the exit code of the process */
export function run(args: readonly string[], { print, complain }: Output): number {
  const [command, path = DEFAULT_FOLDER, ...more] = args;
  if (command === '--help' || command === '-h') {
    print(USAGE);
    return 0;
  }
  if (command !== 'explain' || more.length > 0) {
    complain(USAGE);
    return USAGE_ERROR;
  }
  try {
    print(explain(readManifests(path)));
    return 0;
  } catch (error) {
    complain((error as Error).message);
    return 1;
  }
}
