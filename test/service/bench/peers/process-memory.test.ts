import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  MemoryPeak,
  peakResidentBytes,
  processTree,
  proportionalBytes,
} from '../../../../service/bench/peers/process-memory';

const MEBIBYTE = 2 ** 20;
const HELD_BYTES = 64 * MEBIBYTE;

/** A shell whose child holds some memory; its first line says that it does. */
async function holder(): Promise<ReturnType<typeof spawn>> {
  const held = `const held = Buffer.alloc(${HELD_BYTES}, 1); console.log(held.length); setInterval(() => held, 1e6)`;
  const child = spawn('sh', ['-c', `"${process.execPath}" -e '${held}'; true`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  await once(child.stdout, 'data');
  return child;
}

describe('the memory of processes', () => {
  let shell: ReturnType<typeof spawn>;

  beforeAll(async () => {
    shell = await holder();
  });

  afterAll(() => {
    process.kill(-shell.pid!, 'SIGKILL');
  });

  it('counts what a process started, too', () => {
    const tree = processTree(shell.pid!);

    expect(tree.length).toBe(2);
    expect(proportionalBytes(tree)).toBeGreaterThan(HELD_BYTES);
    expect(proportionalBytes([shell.pid!])).toBeLessThan(HELD_BYTES);
  });

  it('counts pages that others use, too, only in part', () => {
    const tree = processTree(shell.pid!);

    expect(proportionalBytes(tree)).toBeLessThan(peakResidentBytes(tree));
  });

  it('keeps the most, also of processes that are gone', async () => {
    const other = await holder();
    const peak = new MemoryPeak([shell.pid!, other.pid!], 1_000);
    const both = proportionalBytes([...processTree(shell.pid!), ...processTree(other.pid!)]);
    const closed = once(other, 'close');
    process.kill(-other.pid!, 'SIGKILL');
    await closed;

    expect(proportionalBytes(processTree(other.pid!))).toBe(0);
    expect(peak.stop()).toBeGreaterThan(both - 16 * MEBIBYTE);
  });
});
