import { parseArgs } from 'node:util';
import { EXIT_CODES } from '../../../lib/contract';
import { readConfig } from '../config';
import { fetchModel as fetchFromHub } from '../engine/hub';

const USAGE = `Usage: whisper-stt fetch MODEL

Downloads MODEL (tiny, tiny.en, base, base.en, small, small.en, or a hub repository ORGANISATION/NAME) into
STT_MODEL_STORE in the precision of STT_QUANTIZATION, and prints the folder that it is in. Nothing else ever downloads.

  --help, -h   print this

Environment:
  STT_MODEL_STORE    where to (default: the folder of the embedded model)
  STT_QUANTIZATION   int8 (default) or fp32
  HF_ENDPOINT        another hub
  HF_TOKEN           sent to the hub, for repositories that ask for it

Exit codes: 0 done, 2 wrong usage, 70 it could not be downloaded, 78 the environment is faulty.`;

/** @returns the exit code */
export async function fetchModel(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  const [model] = positionals;
  if (values.help || !model || positionals.length > 1) {
    console[values.help ? 'log' : 'error'](USAGE);
    return values.help ? EXIT_CODES.ok : 2;
  }
  const { modelStore, quantization } = readConfig(process.env);
  console.log(await fetchFromHub(modelStore, model, quantization));
  return EXIT_CODES.ok;
}
