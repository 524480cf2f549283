/**
 * Asks for one thing after another and yields the answers in that order, having asked for some of the next ones already.
 * Whoever stops listening, and an answer that fails, make all that was asked for unwanted.
 *
 * @param ahead how many may be asked for before the answer to an earlier one is there, at this moment
 */
export async function* askAhead<Item, Answer>(
  items: readonly Item[],
  ahead: () => number,
  ask: (item: Item, unwanted: AbortSignal) => Promise<Answer>,
): AsyncGenerator<readonly [Item, Answer], void, undefined> {
  const unwanted = new AbortController();
  const asked: { readonly item: Item; readonly answer: Promise<Answer> }[] = [];
  let next = 0;
  try {
    for (;;) {
      while (next < items.length && asked.length <= ahead()) {
        const item = items[next++]!;
        const answer = ask(item, unwanted.signal);
        // Its failure is told when its turn comes, if that ever comes.
        answer.catch(() => undefined);
        asked.push({ item, answer });
      }
      const first = asked.shift();
      if (first === undefined) return;
      yield [first.item, await first.answer];
    }
  } finally {
    unwanted.abort();
  }
}
