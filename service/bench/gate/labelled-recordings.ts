import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readHeldOutSet } from '../calibration/held-out-set';

/** A recording, or a part of one, of which the words are known. */
export interface LabelledRecording {
  /** Path of the audio. */
  readonly file: string;
  /** Where the part lies in the file, in samples at 16 kHz; all of it where they are absent. */
  readonly startSample?: number;
  readonly endSample?: number;
  /** What is said. */
  readonly text: string;
  /** Code of the language; that of the whole set where it is absent. */
  readonly language?: string;
}

/**
 * Reads a folder of recordings with their transcripts, in one of three layouts:
 *
 * - `manifest.json`, as the calibration takes it (calibration/held-out-set.ts);
 * - `transcripts.json`: `[{ "file": …, "text": …, "language"? }, …]`;
 * - LibriSpeech's: anywhere below the folder `*.trans.txt` with a line `ID TEXT` for each `ID.flac` (or `ID.wav`) beside it.
 *
 * @throws Error for a folder that has none of them, and for a recording that is not there
 */
export function readLabelledRecordings(folder: string): readonly LabelledRecording[] {
  const recordings = recordingsOf(folder);
  if (recordings.length === 0) {
    throw new Error(`${folder} has no recordings: expected manifest.json, transcripts.json or *.trans.txt`);
  }
  const lost = recordings.find(({ file }) => !existsSync(file));
  if (lost) throw new Error(`${folder} has the words of ${lost.file}, but no such file`);
  return recordings;
}

function recordingsOf(folder: string): readonly LabelledRecording[] {
  if (existsSync(path.join(folder, 'manifest.json'))) {
    return readHeldOutSet(folder).map(({ file, startSample, endSample, text, language }) => ({
      file: path.join(folder, file),
      startSample,
      endSample,
      text,
      language,
    }));
  }
  const transcripts = path.join(folder, 'transcripts.json');
  if (existsSync(transcripts)) {
    const rows = JSON.parse(readFileSync(transcripts, 'utf8')) as {
      readonly file: string;
      readonly text: string;
      readonly language?: string | null;
    }[];
    return rows.map(({ file, text, language }) => ({
      file: path.join(folder, file),
      text,
      language: language ?? undefined,
    }));
  }
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.trans.txt'))
    .sort()
    .flatMap((name) => transcribedBeside(path.join(folder, name)));
}

/** The recordings beside a file of LibriSpeech's transcripts. */
function transcribedBeside(transcripts: string): readonly LabelledRecording[] {
  const lines = readFileSync(transcripts, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [id, ...words] = line.trim().split(/\s+/);
    const [flac, wav] = ['flac', 'wav'].map((extension) => path.join(path.dirname(transcripts), `${id}.${extension}`));
    return { file: existsSync(wav!) && !existsSync(flac!) ? wav! : flac!, text: words.join(' ') };
  });
}
