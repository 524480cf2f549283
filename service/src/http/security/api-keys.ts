import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Between two looks at the file. The kubelet brings a changed Secret into the pod within about a minute. */
export const RECHECK_MS = 5_000;

/** Where the outcome of a look at the file goes; Fastify's logger is one. */
export interface ApiKeysLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

interface ApiKey {
  readonly name: string;
  readonly digest: Buffer;
}

/** Names stand in logs and as values of metrics' labels. */
const NAME = /^[\w.-]{1,64}$/;
/** What a header carries: visible ASCII. */
const KEY = /^[\x21-\x7e]+$/;

/**
 * API keys from a file, one a line: `KEY`, or `NAME KEY`. Empty lines and lines that start with `#` are none. A key
 * without a name is called `key-N`, N its place among the file's keys from 1 on. A changed file counts within
 * {@link RECHECK_MS}, so keys are rotated without a restart.
 */
export class ApiKeys {
  private text: string;
  private keys: readonly ApiKey[];
  /** Of the file as it is now; the keys are those of before. */
  private fault: string | undefined;

  /** @throws when the file cannot be read, holds no key, or a line is faulty; no message holds a key */
  constructor(private readonly file: string) {
    this.text = readFileSync(file, 'utf8');
    this.keys = parse(file, this.text);
  }

  /** Every key's name, in the file's order. */
  get names(): readonly string[] {
    return this.keys.map(({ name }) => name);
  }

  /** The name of a key that the file holds. Takes the same time whichever it is, and whether it is one. */
  nameOf(key: string): string | undefined {
    const digest = sha256(key);
    let name: string | undefined;
    // All are compared: stopping at the first match would tell its place.
    for (const known of this.keys) if (timingSafeEqual(known.digest, digest)) name = known.name;
    return name;
  }

  /**
   * Looks at the file again and again, and tells the log of new keys, and of each new fault once. The keys known so far
   * stay while the file is faulty or, in the middle of a rotation, gone.
   *
   * @returns what ends it
   */
  watch(log: ApiKeysLog): () => void {
    let looking = false;
    const timer = setInterval(() => {
      // A volume that hangs must not gather looks.
      if (looking) return;
      looking = true;
      void this.look(log).finally(() => {
        looking = false;
      });
    }, RECHECK_MS).unref();
    return () => {
      clearInterval(timer);
    };
  }

  private async look(log: ApiKeysLog): Promise<void> {
    try {
      const text = await readFile(this.file, 'utf8');
      if (text !== this.text) {
        this.keys = parse(this.file, text);
        this.text = text;
        log.info({ keys: this.names }, 'API keys read anew');
      }
      this.fault = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.fault) log.warn({ fault: message }, 'API keys not read anew: those known so far stay');
      this.fault = message;
    }
  }
}

/** Lines are named by their number: what is wrong in them may be a key. */
function parse(file: string, text: string): readonly ApiKey[] {
  const keys: ApiKey[] = [];
  const lineOf = new Map<string, number>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const number = index + 1;
    const words = line.trim().split(/\s+/);
    const [name, key] = words.length === 1 ? [`key-${keys.length + 1}`, words[0]!] : [words[0]!, words[1]!];
    if (words.length > 2)
      throw new Error(`${file}, line ${number}: got ${words.length} words, expected KEY or NAME KEY`);
    if (!NAME.test(name)) {
      throw new Error(`${file}, line ${number}: a name has 1 to 64 of the characters A-Z a-z 0-9 _ . -`);
    }
    if (!KEY.test(key)) throw new Error(`${file}, line ${number}: a key has visible ASCII characters only`);
    const digest = sha256(key);
    for (const [what, value] of [
      ['name', `name ${name}`],
      ['key', digest.toString('hex')],
    ] as const) {
      const earlier = lineOf.get(value);
      if (earlier !== undefined) throw new Error(`${file}, line ${number}: its ${what} is that of line ${earlier}`);
      lineOf.set(value, number);
    }
    keys.push({ name, digest });
  }
  if (keys.length === 0) throw new Error(`${file} holds no API key; write one a line, as KEY or NAME KEY`);
  return keys;
}

/** Equal lengths, so that comparing tells nothing about a key's length either. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
