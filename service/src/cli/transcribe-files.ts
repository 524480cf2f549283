import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { EXIT_CODES } from '../../../lib/contract';
import { AudioDecoder } from '../audio/audio-decoder';
import { AudioError } from '../audio/audio-error';
import type { RawFormat } from '../audio/raw';
import { readConfig } from '../config';
import { resourceLimits, usableCpus } from '../engine/cgroup';
import { Engine } from '../engine/engine';
import { engineTranscriber } from '../engine/engine-transcriber';
import { openModelDirectory } from '../engine/model-directory';
import { speechDetectorFile } from '../engine/speech-detector-file';
import { transcriptionJson } from '../text/json';
import { plainText } from '../text/plain-text';
import { verboseJson, type Granularity } from '../text/verbose-json';
import { languageCode } from '../whisper/languages';
import { REFERENCE_TEMPERATURES, type Task } from '../whisper/decoding-options';
import { transcribe, type Transcription } from '../whisper/transcribe';
import { HALLUCINATION_POLICIES, PROMPT_TEMPERATURES } from '../whisper/transcribe-options';
import { WhisperError } from '../whisper/whisper-error';

const USAGE = `Usage: whisper-stt transcribe [OPTIONS] FILE...

Prints the transcript of each file. The model is chosen by the environment, as for the server.

  --language CODE    language of the speech (default: detected)
  --task NAME        transcribe (default) or translate (into English)
  --format FORMAT    text, json or verbose_json (default: text)
  --word-timestamps  verbose_json also has the words and their times
  --strategy NAME    pauses (cut at pauses, default) or sequential (30 s windows, seek to the last timestamp)
  --prompt TEXT      text that came before, for style and vocabulary
  --hot-words TEXT   names and terms that may be said
  --temperature T    0 to 1 (default: 0, and hotter where the text comes out badly)
  --beam-size N      texts pursued side by side at temperature 0 (default: 1)
  --patience P       a beam search ends when P times N texts have ended (default: 1)
  --length-penalty A 0 to 1: how much longer texts are favoured (default: by their mean log-probability)
  --best-of N        texts drawn at a temperature above 0, of which the likeliest stands (default: 1)
  --hallucinations P keep (as they are), flag (verbose_json says why, default) or drop: segments that were probably
                     never said
  --channel N        the audio's channel to listen to, from 0 on (default: the mean of all)
  --raw-encoding E   the files are samples without a header: s16le, s16be, f32le, mulaw or alaw
  --sample-rate HZ   of raw files (default: 16000)
  --channels N       of raw files (default: 1)

With --strategy sequential:
  --condition-on-previous-text            a window sees the text before it
  --carry-prompt                          every window sees the prompt
  --hallucination-silence-threshold S     with --word-timestamps: silence of more than S seconds beside doubtful text
                                          is skipped, and the text heard again`;

const FORMATS: Readonly<
  Record<string, (transcription: Transcription, task: Task, granularities: ReadonlySet<Granularity>) => string>
> = {
  text: plainText,
  json: (transcription) => `${JSON.stringify(transcriptionJson(transcription))}\n`,
  verbose_json: (transcription, task, granularities) =>
    `${JSON.stringify(verboseJson(transcription, task, granularities), null, 2)}\n`,
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
        task: { type: 'string', default: 'transcribe' },
        prompt: { type: 'string' },
        'hot-words': { type: 'string' },
        'word-timestamps': { type: 'boolean', default: false },
        'condition-on-previous-text': { type: 'boolean', default: false },
        hallucinations: { type: 'string', default: 'flag' },
        channel: { type: 'string' },
        'raw-encoding': { type: 'string' },
        'sample-rate': { type: 'string', default: '16000' },
        channels: { type: 'string', default: '1' },
        'carry-prompt': { type: 'boolean', default: false },
        'hallucination-silence-threshold': { type: 'string' },
        patience: { type: 'string' },
        'length-penalty': { type: 'string' },
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
  const { strategy, task } = values;
  const hallucinations = HALLUCINATION_POLICIES.find((policy) => policy === values.hallucinations);
  if (
    files.length === 0 ||
    !write ||
    (strategy !== 'pauses' && strategy !== 'sequential') ||
    (task !== 'transcribe' && task !== 'translate') ||
    !hallucinations
  ) {
    console.error(USAGE);
    return 2;
  }
  const temperature = optionalNumber(values.temperature);
  const words = values['word-timestamps'];
  const channel = optionalNumber(values.channel);
  const format =
    values['raw-encoding'] === undefined
      ? undefined
      : {
          // The decoder refuses what it does not know.
          encoding: values['raw-encoding'] as RawFormat['encoding'],
          sampleRateHz: Number(values['sample-rate']),
          channels: Number(values.channels),
        };
  const config = readConfig(process.env);
  const directory = openModelDirectory(config.modelStore, config.model, config.quantization);
  const engine = new Engine({
    modelStore: config.modelStore,
    model: config.model,
    quantization: config.quantization,
    threads: usableCpus(resourceLimits()),
    maxQueue: 1,
    speechDetectorFile: config.voiceActivity === 'silero' ? speechDetectorFile() : undefined,
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
    const hotWordTokens = values['hot-words'] ? await transcriber.encodePrompt(values['hot-words']) : undefined;
    for (const file of files) {
      try {
        const audio = await decoder.decode(await readFile(file), undefined, { channel, format });
        const speech = await transcriber.confirmSpeech(audio);
        const transcription = await transcribe({ samples: audio.samples, speech }, transcriber, {
          task,
          language: values.language ? languageCode(values.language) : undefined,
          temperature: temperature ?? (strategy === 'sequential' ? REFERENCE_TEMPERATURES : PROMPT_TEMPERATURES),
          beamSize: Number(values['beam-size']),
          bestOf: Number(values['best-of']),
          patience: optionalNumber(values.patience),
          lengthPenalty: optionalNumber(values['length-penalty']),
          promptTokens,
          hotWordTokens,
          hallucinations,
          carryPrompt: values['carry-prompt'],
          conditionOnPreviousText: values['condition-on-previous-text'],
          hallucinationSilenceThresholdS: optionalNumber(values['hallucination-silence-threshold']),
          timestamps: values.format === 'verbose_json',
          wordTimestamps: words,
          strategy,
        });
        process.stdout.write(files.length > 1 && values.format === 'text' ? `${file}: ` : '');
        process.stdout.write(write(transcription, task, new Set(words ? ['segment', 'word'] : ['segment'])));
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

function optionalNumber(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function isFileError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string' && 'syscall' in error;
}
