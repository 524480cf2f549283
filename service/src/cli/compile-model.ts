import { parseArgs } from 'node:util';
import { EXIT_CODES } from '../../../lib/contract';
import { COMPILED_VARIANTS, type CompiledVariant } from '../engine/compiled-variant';
import { UsageError } from './usage-error';

const USAGE = `Usage: whisper-stt compile-model SOURCE OUT

Writes the Whisper model in the folder SOURCE, as Hugging Face publishes it (model.safetensors, or ONNX files in single
precision), in the layout that the server is fastest with, into the folder OUT, which may be SOURCE. The server takes
the compiled files of a model where there are such. The same source gives the same bytes.

  --variants LIST   precisions to write, by commas (default: ${COMPILED_VARIANTS.join(',')})
                    int8   for processors with dot products of 8-bit integers (VNNI; ARMv8.2)
                    int7   for those without
                    fp32   single precision, with the tokens of the published files
  --help, -h        print this

Exit codes: 0 done, 2 wrong usage, 70 the source is no model that can be compiled.`;

/** @returns the exit code */
export async function compileModel(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { variants: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [source, out, ...others] = positionals;
  if (values.help || source === undefined || out === undefined || others.length > 0) {
    console[values.help ? 'log' : 'error'](USAGE);
    return values.help ? EXIT_CODES.ok : 2;
  }
  const { compileModel: compile } = await import('../compiler/compile-model.js');
  await compile(source, out, variantsOf(values.variants), (name, bytes) => {
    console.log(`${name.padEnd(24)} ${(bytes / 1e6).toFixed(1).padStart(6)} MB`);
  });
  return EXIT_CODES.ok;
}

function variantsOf(list: string | undefined): readonly CompiledVariant[] {
  if (list === undefined) return COMPILED_VARIANTS;
  return list.split(',').map((name) => {
    const variant = COMPILED_VARIANTS.find((each) => each === name.trim());
    if (variant) return variant;
    throw new UsageError(`--variants: ${JSON.stringify(name)} is none of ${COMPILED_VARIANTS.join(', ')}`);
  });
}
