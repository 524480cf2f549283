/**
 * Does things, so many at a time: each is followed by the next as soon as it is done.
 *
 * @param next what is to be done next; undefined where that was all
 */
export async function closedLoop(concurrency: number, next: () => Promise<void> | undefined): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let work = next(); work !== undefined; work = next()) await work;
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** The same for so long; what has begun then is brought to its end. @returns seconds until that end */
export async function closedLoopFor(seconds: number, concurrency: number, work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await closedLoop(concurrency, () => (performance.now() - started < seconds * 1000 ? work() : undefined));
  return (performance.now() - started) / 1000;
}
