import { Progress } from '../../../../service/src/cli/transcribe/progress';

class Screen {
  readonly writes: string[] = [];
  constructor(
    readonly isTTY: boolean,
    readonly columns = 120,
  ) {}
  write(text: string): void {
    this.writes.push(text);
  }
}

const CLEAR = '\r\x1b[2K';

describe('Progress', () => {
  let nowMs: number;
  const progressOn = (screen: Screen, quiet = false): Progress =>
    new Progress({ screen, quiet, files: 4, bytes: 4000, now: () => nowMs });

  beforeEach(() => {
    nowMs = 1_000_000;
  });

  it('draws one live line on a terminal, with what is done, how fast and how long yet', () => {
    const screen = new Screen(true);
    const progress = progressOn(screen);
    progress.begin('a.wav', 1000);
    nowMs += 5000;
    progress.advance(30, 60);
    nowMs += 5000;
    progress.end(60);
    nowMs += 200;
    progress.begin('b.wav', 1000);
    expect(screen.writes).toEqual([
      `${CLEAR}0/4 files · 0.0 min of audio · 0.0× real time · a.wav`,
      `${CLEAR}0/4 files · 0.5 min of audio · 6.0× real time · 35.0 s left · a.wav`,
      `${CLEAR}1/4 files · 1.0 min of audio · 6.0× real time · 30.0 s left`,
      `${CLEAR}1/4 files · 1.0 min of audio · 5.9× real time · 30.6 s left · b.wav`,
    ]);
  });

  it('draws a terminal’s line no more than ten times a second, and no longer than the terminal is wide', () => {
    const screen = new Screen(true, 20);
    const progress = progressOn(screen);
    progress.begin('a.wav', 1000);
    nowMs += 99;
    progress.advance(1, 60);
    nowMs += 1;
    progress.advance(2, 60);
    expect(screen.writes.map((line) => line.slice(CLEAR.length))).toEqual(
      ['0/4 files · 0.0 min ', '0/4 files · 0.0 min '].map((line) => line.slice(0, 19)),
    );
  });

  it('takes the live line away before something else is written', () => {
    const screen = new Screen(true);
    const progress = progressOn(screen);
    progress.aside(() => {
      screen.write('early\n');
    });
    progress.begin('a.wav', 1000);
    progress.aside(() => {
      screen.write('text\n');
    });
    progress.clear();
    expect(screen.writes).toEqual(['early\n', expect.stringContaining('a.wav'), CLEAR, 'text\n']);
  });

  it('writes a plain line every five seconds at most where there is no terminal', () => {
    const screen = new Screen(false);
    const progress = progressOn(screen);
    progress.begin('a.wav', 1000);
    for (let second = 1; second <= 11; second++) {
      nowMs += 1000;
      progress.advance(second, 60);
    }
    progress.clear();
    expect(screen.writes).toEqual([
      expect.stringMatching(/^0\/4 files · 0\.1 min .* a\.wav\n$/),
      expect.stringMatching(/^0\/4 files · 0\.2 min .* a\.wav\n$/),
    ]);
  });

  it.each([true, false])('is silent when it is to be quiet (terminal: %s)', (isTTY) => {
    const screen = new Screen(isTTY);
    const progress = progressOn(screen, true);
    progress.begin('a.wav', 1000);
    nowMs += 60_000;
    progress.end(60);
    progress.clear();
    expect(screen.writes).toEqual([]);
  });

  it.each([
    [30, 600, '18 min 50 s left'],
    [1, 6, '6 h 39 min left'],
  ])('says how long yet in minutes and hours', (audioS, durationS, left) => {
    const screen = new Screen(true);
    const progress = progressOn(screen);
    progress.begin('a.wav', audioS === 1 ? 1 : 1000);
    nowMs += audioS === 1 ? 1000 : 14_310;
    progress.advance(audioS, durationS);
    expect(screen.writes.at(-1)).toContain(left);
  });

  it('adds up what was done, and counts no audio of a file that failed', () => {
    const progress = progressOn(new Screen(false));
    progress.begin('a.wav', 1000);
    progress.advance(20, 60);
    progress.end(0);
    progress.begin('b.wav', 1000);
    progress.end(90);
    nowMs += 9000;
    expect(progress.total).toBe('1.5 min of audio in 9.0 s (10.0× real time)');
  });
});
