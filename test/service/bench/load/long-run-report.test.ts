import { longRunText } from '../../../../service/bench/load/long-run-report';

const MIB = 2 ** 20;

it('tells a long run part by part, what it has grown by, and what is left at rest', () => {
  const medians = [50, 100, 100, 100, 100, 100, 100, 125, 125, 125];
  const parts = medians.map((mib, i) => ({ answers: i, medianBytes: mib * MIB, mostBytes: 2 * mib * MIB }));
  const run = { seconds: 601, clients: 8, parts, restBytes: [60 * MIB, 61.4 * MIB] as const };
  const text = longRunText(run, { date: '2026-11-27', machine: 'two CPUs', model: 'nano' });
  const [head, table, tail] = text.split('\n\n');
  expect(head).toBe('2026-11-27, two CPUs, nano in 8 bits, 8 clients for 10 minutes, 45 answers:');
  expect(table!.split('\n')).toHaveLength(2 + medians.length);
  expect(table!.split('\n').at(-1)).toMatch(/^\| 10 of 10 +\| 9 +\| 125 MiB +\| 250 MiB +\|$/);
  expect(tail).toBe(
    'The last three parts take 25.0 % more than the second to fourth. At rest: 60 MiB after the start, 61 MiB after the run.',
  );
});
