import { askAhead } from '../../../service/src/whisper/ask-ahead';

/** Answers that are given by hand, in any order. */
class Questions {
  readonly asked: number[] = [];
  readonly unwanted: AbortSignal[] = [];
  private readonly answers = new Map<number, { resolve(answer: string): void; reject(error: Error): void }>();

  readonly ask = (item: number, unwanted: AbortSignal): Promise<string> => {
    this.asked.push(item);
    this.unwanted.push(unwanted);
    return new Promise((resolve, reject) => this.answers.set(item, { resolve, reject }));
  };

  answer(item: number): void {
    this.answers.get(item)!.resolve(`answer ${item}`);
  }

  fail(item: number): void {
    this.answers.get(item)!.reject(new Error(`no answer to ${item}`));
  }
}

describe('askAhead', () => {
  it('yields the answers in the order of the questions, whichever comes first', async () => {
    const questions = new Questions();
    const answers = askAhead([1, 2, 3], () => 2, questions.ask);
    const first = answers.next();
    questions.answer(3);
    questions.answer(2);
    questions.answer(1);
    expect((await first).value).toEqual([1, 'answer 1']);
    expect((await answers.next()).value).toEqual([2, 'answer 2']);
    expect((await answers.next()).value).toEqual([3, 'answer 3']);
    expect(await answers.next()).toEqual({ done: true, value: undefined });
  });

  it('asks for so many ahead and no more, and for the next one with each that is taken', async () => {
    const questions = new Questions();
    const answers = askAhead([1, 2, 3, 4, 5], () => 1, questions.ask);
    const first = answers.next();
    expect(questions.asked).toEqual([1, 2]);
    questions.answer(2);
    questions.answer(1);
    await first;
    expect(questions.asked).toEqual([1, 2]);
    await answers.next();
    expect(questions.asked).toEqual([1, 2, 3]);
  });

  it('asks for one after another while nothing may be asked for ahead', async () => {
    const questions = new Questions();
    let ahead = 0;
    const answers = askAhead([1, 2, 3, 4], () => ahead, questions.ask);
    const first = answers.next();
    expect(questions.asked).toEqual([1]);
    questions.answer(1);
    await first;
    ahead = 2;
    void answers.next();
    expect(questions.asked).toEqual([1, 2, 3, 4]);
  });

  it('throws a failure when its turn comes, and wants nothing more', async () => {
    const questions = new Questions();
    const answers = askAhead([1, 2, 3, 4], () => 2, questions.ask);
    const first = answers.next();
    questions.fail(2);
    questions.answer(1);
    expect((await first).value).toEqual([1, 'answer 1']);
    expect(questions.unwanted.some(({ aborted }) => aborted)).toBe(false);
    await expect(answers.next()).rejects.toThrow('no answer to 2');
    expect(questions.unwanted.every(({ aborted }) => aborted)).toBe(true);
    // One that fails later is nobody's any more: it would end the process if it were not caught.
    questions.fail(3);
    expect(await answers.next()).toEqual({ done: true, value: undefined });
  });

  it('wants nothing more when nobody listens any longer', async () => {
    const questions = new Questions();
    for await (const [item] of askAhead(
      [1, 2, 3],
      () => 1,
      (item, unwanted) => {
        const answer = questions.ask(item, unwanted);
        if (item === 1) questions.answer(1);
        return answer;
      },
    )) {
      expect(item).toBe(1);
      break;
    }
    expect(questions.asked).toEqual([1, 2]);
    expect(questions.unwanted.every(({ aborted }) => aborted)).toBe(true);
  });

  it('has nothing to ask where there is nothing', async () => {
    expect(await askAhead([], () => 2, new Questions().ask).next()).toEqual({ done: true, value: undefined });
  });
});
