import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { EXIT_CODES } from '../../../lib/contract';
import { AudioDecoder } from '../audio/audio-decoder';
import { AudioError } from '../audio/audio-error';
import { readConfig } from '../config';
import { resourceLimits, usableCpus } from '../engine/cgroup';
import { Engine } from '../engine/engine';
import { engineTranscriber } from '../engine/engine-transcriber';
import { openModelDirectory } from '../engine/model-directory';
import { transcriptionJson } from '../text/json';
import { plainText } from '../text/plain-text';
import { verboseJson } from '../text/verbose-json';
import { languageCode } from '../whisper/languages';
import { REFERENCE_TEMPERATURES } from '../whisper/decoding-options';
import { transcribe, type Transcription } from '../whisper/transcribe';
import { PROMPT_TEMPERATURES } from '../whisper/transcribe-options';
import { WhisperError } from '../whisper/whisper-error';

const USAGE = `Usage: whisper-stt transcribe [OPTIONS] FILE...

Prints the transcript of each file. The model is chosen by the environment, as for the server.

  --language CODE    language of the speech (default: detected)
  --format FORMAT    text, json or verbose_json (default: text)
  --strategy NAME    pauses (cut at pauses, default) or sequential (30 s windows, seek to the last timestamp)
  --prompt TEXT      text that came before, for style and vocabulary
  --temperature T    0 to 1 (default: 0, and hotter where the text comes out badly)
  --beam-size N      texts pursued side by side at temperature 0 (default: 1)
  --best-of N        texts drawn at a temperature above 0, of which the likeliest stands (default: 1)`;

const FORMATS: Readonly<Record<string, (transcription: Transcription) => string>> = {
  text: plainText,
  json: (transcription) => `${JSON.stringify(transcriptionJson(transcription))}\n`,
  verbose_json: (transcription) => `${JSON.stringify(verboseJson(transcription, 'transcribe'), null, 2)}\n`,
};

/** @returns the exit code: 1 when a file could not be transcribed, 2 for wrong usage */
export async function transcribeFiles(args: readonly string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        language: { type: 'string' },
        format: { type: 'string', default: 'text' },
        strategy: { type: 'string', default: 'pauses' },
        prompt: { type: 'string' },
        temperature: { type: 'string' },
        'beam-size': { type: 'string', default: '1' },
        'best-of': { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const { values, positionals: files } = parsed;
  if (values.help) {
    console.log(USAGE);
    return EXIT_CODES.ok;
  }
  const write = FORMATS[values.format];
  const { strategy } = values;
  if (files.length === 0 || !write || (strategy !== 'pauses' && strategy !== 'sequential')) {
    console.error(USAGE);
    return 2;
  }
  const temperature = values.temperature === undefined ? undefined : Number(values.temperature);
  const config = readConfig(process.env);
  const directory = openModelDirectory(config.modelStore, config.model, config.quantization);
  const engine = new Engine({
    modelStore: config.modelStore,
    model: config.model,
    quantization: config.quantization,
    threads: usableCpus(resourceLimits()),
    maxQueue: 1,
  });
  const decoder = new AudioDecoder({
    maxDurationS: config.maxAudioSeconds,
    timeoutMs: config.requestTimeoutSeconds * 1000,
  });
  const transcriber = engineTranscriber(engine, directory);
  let exitCode: number = EXIT_CODES.ok;
  try {
    await engine.start();
    const promptTokens = values.prompt ? await transcriber.encodePrompt(values.prompt) : undefined;
    for (const file of files) {
      try {
        const audio = await decoder.decode(await readFile(file));
        const transcription = await transcribe(audio, transcriber, {
          task: 'transcribe',
          language: values.language ? languageCode(values.language) : undefined,
          temperature: temperature ?? (strategy === 'sequential' ? REFERENCE_TEMPERATURES : PROMPT_TEMPERATURES),
          beamSize: Number(values['beam-size']),
          bestOf: Number(values['best-of']),
          promptTokens,
          timestamps: values.format === 'verbose_json',
          strategy,
        });
        process.stdout.write(files.length > 1 && values.format === 'text' ? `${file}: ` : '');
        process.stdout.write(write(transcription));
      } catch (error) {
        if (!(error instanceof AudioError || error instanceof WhisperError || isFileError(error))) throw error;
        // Errors of files begin with their code by themselves.
        console.error(`${file}: ${error.message.startsWith(error.code) ? '' : `${error.code}: `}${error.message}`);
        exitCode = 1;
      }
    }
  } finally {
    await Promise.all([engine.stop(), decoder.close()]);
  }
  return exitCode;
}

function isFileError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string' && 'syscall' in error;
}
