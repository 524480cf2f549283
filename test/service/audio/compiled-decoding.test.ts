import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** docs/audio.md, "Memory": what decoding takes at most beside the file and its result. */
const CONSTANT_MIB = 64;

test('an hour of MP3 is never in memory twice', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(__dirname, 'decode-memory.mjs')], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const { durationS, resultBytes, peakBytes, cpuS } = JSON.parse(stdout) as Record<string, number>;
  const beside = (peakBytes! - resultBytes!) / 2 ** 20;
  console.log(
    `an hour of MP3: ${(durationS! / cpuS!).toFixed(0)} times real time, peak ${beside.toFixed(0)} MiB beside the result`,
  );
  expect(durationS).toBeGreaterThan(3_500);
  expect(beside).toBeLessThan(CONSTANT_MIB);
}, 120_000);

test('damaged files of all formats become audio or an AudioError, in their worker threads, without growing memory', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(__dirname, 'fuzz-audio.mjs'), '--files', '300'], {
    encoding: 'utf8',
  });
  console.log(stdout);
  expect(status).toBe(0);
}, 120_000);
