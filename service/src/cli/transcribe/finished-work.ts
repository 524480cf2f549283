import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** What a transcript was made of. Another size, another time of change or other settings make it another. */
export interface Source {
  /** Below what was named on the command line. */
  readonly relativePath: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Digest of the model and of all options that a transcript depends on. */
  readonly settings: string;
}

interface Entry extends Source {
  readonly output: string;
}

/** Beside the transcripts; each line is one that is whole. */
const JOURNAL = '.whisper-stt.jsonl';

/**
 * Which transcripts of an output folder are whole, and what they were made of: a journal that is written line by line,
 * each when its transcript has its final name.
 */
export class FinishedWork {
  private constructor(
    private readonly journal: string,
    private readonly entries: Map<string, Entry>,
  ) {}

  /** Makes the folder where there is none. @throws what the file system says */
  static async open(folder: string): Promise<FinishedWork> {
    await mkdir(folder, { recursive: true });
    const journal = path.join(folder, JOURNAL);
    // Whether it can be written is known before hours are worked for it. A line that was cut off gets its end.
    await appendFile(journal, '');
    const text = await readFile(journal, 'utf8');
    if (text !== '' && !text.endsWith('\n')) await appendFile(journal, '\n');
    const entries = text.split('\n').flatMap(readEntry);
    return new FinishedWork(journal, new Map(entries.map((entry) => [entry.output, entry])));
  }

  /** Whether the output was made of this, and nothing else since. */
  has(output: string, source: Source): boolean {
    const entry = this.entries.get(output);
    return (
      entry?.relativePath === source.relativePath &&
      entry.bytes === source.bytes &&
      entry.modifiedMs === source.modifiedMs &&
      entry.settings === source.settings
    );
  }

  async add(output: string, source: Source): Promise<void> {
    const entry: Entry = { output, ...source };
    await appendFile(this.journal, `${JSON.stringify(entry)}\n`);
    this.entries.set(output, entry);
  }
}

/** A line that makes no sense was cut off by whatever ended that run: its transcript is made anew. */
function readEntry(line: string): Entry[] {
  try {
    const entry = JSON.parse(line) as Partial<Entry> | null;
    return typeof entry?.output === 'string' ? [entry as Entry] : [];
  } catch {
    return [];
  }
}
