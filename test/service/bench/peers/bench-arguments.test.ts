import { benchArguments } from '../../../../service/bench/peers/bench-arguments';
import { CASES } from '../../../../service/bench/peers/cases';
import { PEERS } from '../../../../service/bench/peers/peers';

describe('the arguments of the benchmark', () => {
  it('measures all of everything where nothing is chosen, which is what is published', () => {
    const { peers, cases, rounds, isWhole } = benchArguments([]);

    expect(peers).toEqual(PEERS);
    expect(cases).toEqual(CASES);
    expect(rounds).toBeGreaterThanOrEqual(20);
    expect(isWhole).toBe(true);
  });

  it.each([
    ['fewer peers', ['--peers', 'ours-int8']],
    ['fewer cases', ['--cases', '5s']],
    ['fewer parts', ['--parts', 'latency']],
    ['fewer repeats', ['--rounds', '3']],
    ['other weights', ['--model', '/models/whisper-base']],
  ])('publishes nothing of %s', (_, args) => {
    expect(benchArguments(args).isWhole).toBe(false);
  });

  it('keeps its own order, whatever order they are asked for in', () => {
    const { peers } = benchArguments(['--peers', 'whisper-cpp, ours-int8']);

    expect(peers.map(({ id }) => id)).toEqual(['ours-int8', 'whisper-cpp']);
  });

  it.each([
    [['--peers', 'siri'], /--peers: there is no "siri"[^]*faster-whisper/],
    [['--cases', '7s'], /--cases: there is no "7s"[^]*10s/],
    [['--rounds', '0'], /--rounds: got 0, expected a whole number above 0/],
  ])('says of %j what there is', (args, message) => {
    expect(() => benchArguments(args)).toThrow(message);
  });
});
