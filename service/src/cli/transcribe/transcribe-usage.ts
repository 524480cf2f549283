import { parseArgs } from 'node:util';
import type { FileOptions } from '../../audio/audio-decoder';
import { MAX_RAW_CHANNELS, RAW_ENCODINGS } from '../../audio/raw';
import { SAMPLE_RATE_BOUNDS_HZ } from '../../audio/sample-rate';
import type { CueLayout } from '../../text/word-cues';
import { REFERENCE_TEMPERATURES } from '../../whisper/decoding-options';
import { languageCode } from '../../whisper/languages';
import { HALLUCINATION_POLICIES, PROMPT_TEMPERATURES, type TranscribeOptions } from '../../whisper/transcribe-options';
import { choiceOption, numberOption, UsageError } from '../usage-error';
import { TRANSCRIPT_FORMAT_NAMES, TRANSCRIPT_FORMATS, type TranscriptFormatName } from './transcript-format';

export const TRANSCRIBE_USAGE = `Usage: whisper-stt transcribe [OPTIONS] FILE...

Prints the transcript of each file, in any format of docs/audio.md. A FILE may be a folder, with all audio below it, a
quoted glob ('calls/**/*.wav'), or - for standard input. The model is chosen by the environment, as for the server.

Output:
  --format FORMAT          FORMATS (default: text)
  --output-dir DIR         write a file for each input below DIR instead of printing
  --resume                 with --output-dir: leave out what an earlier run has finished, unless the audio or an option
                           has changed
  --word-timestamps        verbose_json and jsonl also have the words and their times; srt and vtt are timed by them
  --quiet, -q              no progress and no summary on standard error

Subtitles, with --word-timestamps and --format srt or vtt:
  --max-line-width N       most characters of a line
  --max-line-count N       most lines at a time, with --max-line-width: lines are filled across segments
  --max-words-per-line N   most words at a time

Speech:
  --language CODE          language of the speech (default: detected)
  --task NAME              transcribe (default) or translate (into English, by models that have learnt it)
  --prompt TEXT            text that came before, for style and vocabulary
  --hot-words TEXT         names and terms that may be said

Decoding:
  --strategy NAME          pauses (cut at pauses, default) or sequential (30 s windows, seek to the last timestamp)
  --temperature T          0 to 1 (default: 0, and hotter where the text comes out badly)
  --beam-size N            texts pursued side by side at temperature 0, 1 to 50 (default: 1)
  --patience P             a beam search ends when P times N texts have ended, 0.1 to 10 (default: 1)
  --length-penalty A       0 to 1: how much longer texts are favoured (default: by their mean log-probability)
  --best-of N              texts drawn at a temperature above 0, of which the likeliest stands, 1 to 50 (default: 1)
  --hallucinations P       segments that were probably never said: keep (as they are), flag (verbose_json and jsonl say
                           why, default) or drop

Decoding with --strategy sequential:
  --condition-on-previous-text
                           a window sees the text before it
  --carry-prompt           every window sees the prompt
  --hallucination-silence-threshold S
                           with --word-timestamps: silence of more than S seconds beside doubtful text is skipped, and
                           the text heard again

Audio:
  --channel N              the audio's channel to listen to, from 0 on (default: the mean of all)
  --raw-encoding E         the files are samples without a header: s16le, s16be, f32le, mulaw or alaw
  --sample-rate HZ         of raw files (default: 16000)
  --channels N             of raw files (default: 1)

  --help, -h               print this

Exit codes: 0 all files, 1 some file failed, 2 wrong usage, 70 the engine failed, 78 the environment is faulty,
130 interrupted.`.replace('FORMATS', TRANSCRIPT_FORMAT_NAMES.join(', '));

/** What the command line asks for. */
export interface TranscribeCommand {
  readonly help: boolean;
  /** Files, folders, globs, and `-`. */
  readonly files: readonly string[];
  readonly format: TranscriptFormatName;
  /** Undefined for standard output. */
  readonly outputFolder: string | undefined;
  readonly resumes: boolean;
  readonly quiet: boolean;
  readonly layout: CueLayout;
  readonly prompt: string | undefined;
  readonly hotWords: string | undefined;
  readonly audio: FileOptions;
  readonly options: Omit<TranscribeOptions, 'promptTokens' | 'hotWordTokens'>;
}

/** Texts at once: each costs the memory of a key-value cache. */
const MAX_TEXTS = 50;
/** Characters, lines and words of subtitles: more than any screen shows. */
const MAX_LAYOUT = 1000;

/** @throws UsageError, WhisperError `unsupported_language` */
export function readTranscribeCommand(args: readonly string[]): TranscribeCommand {
  const { values, positionals: files } = parse(args);
  const help = values.help === true;
  if (files.length === 0 && !help) throw new UsageError('name at least one file');
  if (files.filter((file) => file === '-').length > 1) throw new UsageError('- : standard input can be read once');
  if (values['output-dir'] === '') throw new UsageError('--output-dir: got "", expected a folder');
  const strategy = choiceOption('strategy', values.strategy, ['pauses', 'sequential']);
  const format = choiceOption('format', values.format, TRANSCRIPT_FORMAT_NAMES);
  refuseWithoutEffect(values);
  const count = { min: 1, max: MAX_TEXTS, whole: true };
  const layout = { min: 1, max: MAX_LAYOUT, whole: true };
  return {
    help,
    files,
    format,
    outputFolder: values['output-dir'],
    resumes: values.resume,
    quiet: values.quiet,
    layout: {
      maxLineWidth: numberOption('max-line-width', values['max-line-width'], layout),
      maxLineCount: numberOption('max-line-count', values['max-line-count'], layout),
      maxWordsPerLine: numberOption('max-words-per-line', values['max-words-per-line'], layout),
    },
    prompt: values.prompt,
    hotWords: values['hot-words'],
    audio: {
      channel: numberOption('channel', values.channel, { min: 0, max: 255, whole: true }),
      format: rawFormat(values),
    },
    options: {
      strategy,
      task: choiceOption('task', values.task, ['transcribe', 'translate']),
      language: values.language ? languageCode(values.language) : undefined,
      temperature:
        numberOption('temperature', values.temperature, { min: 0, max: 1 }) ??
        (strategy === 'sequential' ? REFERENCE_TEMPERATURES : PROMPT_TEMPERATURES),
      beamSize: numberOption('beam-size', values['beam-size'], count),
      bestOf: numberOption('best-of', values['best-of'], count),
      patience: numberOption('patience', values.patience, { min: 0.1, max: 10 }),
      lengthPenalty: numberOption('length-penalty', values['length-penalty'], { min: 0, max: 1 }),
      hallucinations: choiceOption('hallucinations', values.hallucinations, HALLUCINATION_POLICIES),
      carryPrompt: values['carry-prompt'],
      conditionOnPreviousText: values['condition-on-previous-text'],
      hallucinationSilenceThresholdS: numberOption(
        'hallucination-silence-threshold',
        values['hallucination-silence-threshold'],
        { min: 0, max: 3600 },
      ),
      timestamps: TRANSCRIPT_FORMATS[format].hasTimes,
      wordTimestamps: values['word-timestamps'],
    },
  };
}

/** As node:util's parseArgs takes them. */
export const TRANSCRIBE_OPTIONS = {
  language: { type: 'string' },
  task: { type: 'string', default: 'transcribe' },
  format: { type: 'string', default: 'text' },
  'output-dir': { type: 'string' },
  resume: { type: 'boolean', default: false },
  'max-line-width': { type: 'string' },
  'max-line-count': { type: 'string' },
  'max-words-per-line': { type: 'string' },
  quiet: { type: 'boolean', short: 'q', default: false },
  'word-timestamps': { type: 'boolean', default: false },
  strategy: { type: 'string', default: 'pauses' },
  prompt: { type: 'string' },
  'hot-words': { type: 'string' },
  temperature: { type: 'string' },
  'beam-size': { type: 'string' },
  patience: { type: 'string' },
  'length-penalty': { type: 'string' },
  'best-of': { type: 'string' },
  hallucinations: { type: 'string', default: 'flag' },
  channel: { type: 'string' },
  'raw-encoding': { type: 'string' },
  'sample-rate': { type: 'string' },
  channels: { type: 'string' },
  'condition-on-previous-text': { type: 'boolean', default: false },
  'carry-prompt': { type: 'boolean', default: false },
  'hallucination-silence-threshold': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: TRANSCRIBE_OPTIONS });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** An option that changes nothing is a mistake: its effect would be missed in silence. */
function refuseWithoutEffect(values: Values): void {
  const isLaidOut = ['srt', 'vtt'].includes(values.format) && values['word-timestamps'];
  const laidOut = '--format srt or vtt and --word-timestamps';
  const needs: readonly (readonly [flag: keyof Values, isMet: boolean, need: string])[] = [
    [
      'word-timestamps',
      TRANSCRIPT_FORMAT_NAMES.some((name) => name === values.format && TRANSCRIPT_FORMATS[name].hasWords),
      `--format ${TRANSCRIPT_FORMAT_NAMES.filter((name) => TRANSCRIPT_FORMATS[name].hasWords).join(', ')}`,
    ],
    ['max-line-width', isLaidOut, laidOut],
    ['max-line-count', isLaidOut && values['max-line-width'] !== undefined, `${laidOut} and --max-line-width`],
    [
      'max-words-per-line',
      isLaidOut && values['max-line-count'] === undefined,
      `${laidOut}, or with --max-line-count, which fills the lines`,
    ],
    ['resume', values['output-dir'] !== undefined, '--output-dir'],
    ['condition-on-previous-text', values.strategy === 'sequential', '--strategy sequential'],
    ['carry-prompt', values.strategy === 'sequential', '--strategy sequential'],
    [
      'hallucination-silence-threshold',
      values.strategy === 'sequential' && values['word-timestamps'],
      '--strategy sequential and --word-timestamps',
    ],
    ['patience', values['beam-size'] !== undefined, '--beam-size'],
    ['sample-rate', values['raw-encoding'] !== undefined, '--raw-encoding'],
    ['channels', values['raw-encoding'] !== undefined, '--raw-encoding'],
  ];
  for (const [flag, isMet, need] of needs) {
    if (values[flag] !== undefined && values[flag] !== false && !isMet) {
      throw new UsageError(`--${flag} has no effect without ${need}`);
    }
  }
}

function rawFormat(values: Values): FileOptions['format'] {
  if (values['raw-encoding'] === undefined) return undefined;
  return {
    encoding: choiceOption('raw-encoding', values['raw-encoding'], RAW_ENCODINGS),
    sampleRateHz:
      numberOption('sample-rate', values['sample-rate'], { ...SAMPLE_RATE_BOUNDS_HZ, whole: true }) ?? 16_000,
    channels: numberOption('channels', values.channels, { min: 1, max: MAX_RAW_CHANNELS, whole: true }) ?? 1,
  };
}
