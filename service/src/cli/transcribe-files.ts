import { readFile } from 'node:fs/promises';
import { EXIT_CODES } from '../../../lib/contract';
import { AudioDecoder } from '../audio/audio-decoder';
import { AudioError } from '../audio/audio-error';
import { readConfig } from '../config';
import { resourceLimits, usableCpus } from '../engine/cgroup';
import { Engine } from '../engine/engine';
import { engineTranscriber, type EngineTranscriber } from '../engine/engine-transcriber';
import { openModelDirectory } from '../engine/model-directory';
import { speechDetectorFile } from '../engine/speech-detector-file';
import { transcriptionJson } from '../text/json';
import { verboseJson, type Granularity } from '../text/verbose-json';
import { transcribe, transcribeSegments, type SpeechAudio } from '../whisper/transcribe';
import type { TranscribeOptions } from '../whisper/transcribe-options';
import { joinTexts } from '../whisper/transcript-text';
import { WhisperError } from '../whisper/whisper-error';
import { readTranscribeCommand, TRANSCRIBE_USAGE, type TranscribeCommand } from './transcribe-usage';
import { UsageError } from './usage-error';

/** @returns the exit code: 1 when a file could not be transcribed, 2 for wrong usage */
export async function transcribeFiles(args: readonly string[]): Promise<number> {
  let command: TranscribeCommand;
  try {
    command = readTranscribeCommand(args);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof WhisperError)) throw error;
    console.error(`${error.message}\nwhisper-stt transcribe --help lists the options.`);
    return 2;
  }
  if (command.help) {
    console.log(TRANSCRIBE_USAGE);
    return EXIT_CODES.ok;
  }
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
    const encode = async (text: string | undefined): Promise<readonly number[] | undefined> =>
      text ? transcriber.encodePrompt(text) : undefined;
    const options = {
      ...command.options,
      promptTokens: await encode(command.prompt),
      hotWordTokens: await encode(command.hotWords),
    };
    for (const file of command.files) {
      try {
        const { samples, speech } = await decoder.decode(await readFile(file), undefined, command.audio);
        const audio = { samples, speech: await transcriber.confirmSpeech({ samples, speech }) };
        await print(file, audio, transcriber, options, command);
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

async function print(
  file: string,
  audio: SpeechAudio,
  transcriber: EngineTranscriber,
  options: TranscribeOptions,
  { format, files }: TranscribeCommand,
): Promise<void> {
  if (format === 'text') {
    await printAsItComes(files.length > 1 ? `${file}: ` : '', audio, transcriber, options);
    return;
  }
  const transcription = await transcribe(audio, transcriber, options);
  if (format === 'json') {
    console.log(JSON.stringify(transcriptionJson(transcription)));
    return;
  }
  const granularities: Granularity[] = options.wordTimestamps === true ? ['segment', 'word'] : ['segment'];
  console.log(JSON.stringify(verboseJson(transcription, options.task, new Set(granularities)), null, 2));
}

/** Each segment as soon as it is there: the text of an hour is read while it is written. */
async function printAsItComes(
  prefix: string,
  audio: SpeechAudio,
  transcriber: EngineTranscriber,
  options: TranscribeOptions,
): Promise<void> {
  const texts: string[] = [];
  let printed = '';
  for await (const { text, language } of transcribeSegments(audio, transcriber, options)) {
    texts.push(text);
    const joined = joinTexts(texts, options.task === 'translate' ? 'en' : language);
    process.stdout.write(`${printed === '' ? prefix : ''}${joined.slice(printed.length)}`);
    printed = joined;
  }
  process.stdout.write(printed === '' ? `${prefix}\n` : '\n');
}

function isFileError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string' && 'syscall' in error;
}
