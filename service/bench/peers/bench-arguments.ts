import { parseArgs } from 'node:util';
import { CASES, type BenchCase } from './cases';
import { PEERS, type PeerDefinition } from './peers';

/** What may be left out. */
export const PARTS = ['latency', 'defaults', 'cold-start', 'load', 'long-file'] as const;
export type Part = (typeof PARTS)[number];

export interface BenchArguments {
  readonly peers: readonly PeerDefinition[];
  readonly cases: readonly BenchCase[];
  readonly parts: readonly Part[];
  readonly rounds: number;
  /** Folder of a model instead of random weights. */
  readonly model: string | undefined;
  /** Whether everything is measured as often as the published figures need. */
  readonly isWhole: boolean;
}

export const USAGE = `npm run bench [-- OPTIONS]
  --peers A,B    only these: ${PEERS.map(({ id }) => id).join(', ')}
  --cases A,B    only these: ${CASES.map(({ audio }) => audio).join(', ')}
  --parts A,B    only these: ${PARTS.join(', ')}
  --rounds N     repeats of each case (20)
  --model DIR    a multilingual Whisper model as Hugging Face publishes it, instead of random weights`;

const ROUNDS = 20;

/** @throws RangeError with what was wrong, and the usage */
export function benchArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peers: { type: 'string' },
      cases: { type: 'string' },
      parts: { type: 'string' },
      rounds: { type: 'string', default: String(ROUNDS) },
      model: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new RangeError(`--rounds: got ${values.rounds}, expected a whole number above 0\n${USAGE}`);
  }
  const peers = chosen('--peers', values.peers, PEERS, ({ id }) => id);
  const cases = chosen('--cases', values.cases, CASES, ({ audio }) => audio);
  const parts = chosen('--parts', values.parts, PARTS, (part) => part);
  const isWhole =
    peers.length === PEERS.length &&
    cases.length === CASES.length &&
    parts.length === PARTS.length &&
    rounds >= ROUNDS &&
    values.model === undefined;
  return { peers, cases, parts, rounds, model: values.model, isWhole };
}

function chosen<Item>(
  option: string,
  list: string | undefined,
  items: readonly Item[],
  nameOf: (item: Item) => string,
): readonly Item[] {
  if (list === undefined) return items;
  const names = list.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!items.some((item) => nameOf(item) === name)) {
      throw new RangeError(`${option}: there is no ${JSON.stringify(name)}\n${USAGE}`);
    }
  }
  return items.filter((item) => names.includes(nameOf(item)));
}
