import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A recording of which the words are known: one row of a manifest.json. */
export interface Utterance {
  /** WAV or FLAC beside the manifest. */
  readonly file: string;
  /** Where the utterance lies in the file, in samples at 16 kHz; all of it where they are absent. */
  readonly startSample?: number;
  readonly endSample?: number;
  /** What is said. */
  readonly text: string;
  /** Code of the language; detected where it is absent. */
  readonly language?: string;
  /** What sets of utterances the report is divided into. */
  readonly group: string;
  /** Voices that are like each other: what a cross-validation leaves out at once. */
  readonly family: string;
  readonly voice: string;
}

/**
 * Reads the manifest of a folder of recordings. Only `file` and `text` are needed: a set without groups is one group,
 * and without families each file is one.
 */
export function readHeldOutSet(folder: string): readonly Utterance[] {
  const rows = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as (Partial<Utterance> &
    Pick<Utterance, 'file' | 'text'>)[];
  return rows.map((row) => {
    const family = row.family ?? row.voice ?? row.file;
    return { ...row, group: row.group ?? 'all', family, voice: row.voice ?? family };
  });
}

/** Of each family of each group the first few, so that a part stands for all: what a quick check decodes. */
export function subsetOf(utterances: readonly Utterance[], ofEach: number): readonly Utterance[] {
  const taken = new Map<string, number>();
  return utterances.filter(({ group, family }) => {
    const key = `${group} ${family}`;
    const count = (taken.get(key) ?? 0) + 1;
    taken.set(key, count);
    return count <= ofEach;
  });
}
