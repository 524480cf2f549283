import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Driver } from '../../service/bench/peers/driver';
import { REPOSITORY } from '../support/built';

const DRIVER = path.join(REPOSITORY, 'build/service/bench/peers/drivers/ours.js');
const SAMPLE_RATE_HZ = 16_000;

describe('a driver of the benchmark', () => {
  let audioFolder: string;
  let driver: Driver;

  const start = (model: string): Promise<Driver> => {
    const options = { model: path.join(REPOSITORY, 'service/models', model), audioFolder, threads: 1 };
    return Driver.start('ours', [process.execPath, DRIVER, JSON.stringify(options)]);
  };

  beforeAll(async () => {
    audioFolder = mkdtempSync(path.join(os.tmpdir(), 'bench-driver-'));
    // What is decoded does not matter here, as long as it can be limited to its first token.
    const samples = Float32Array.from({ length: SAMPLE_RATE_HZ }, (_, index) => 0.1 * Math.sin(index / 10));
    writeFileSync(path.join(audioFolder, '1s.f32'), new Uint8Array(samples.buffer));
    driver = await start('whisper-nano');
  });

  afterAll(async () => {
    await driver.stop();
    rmSync(audioFolder, { recursive: true });
  });

  it('says what it runs', () => {
    expect(driver.about).toBe("this server's engine, int8");
  });

  it('answers a ping while it decodes', async () => {
    const order: string[] = [];
    const decoding = driver.decode('1s', 1, true).then(() => order.push('decoded'));
    await driver.ping().then(() => order.push('pong'));
    await decoding;

    expect(order).toEqual(['pong', 'decoded']);
  });

  it('counts no run that decoded another number of tokens than the others', async () => {
    await expect(driver.decode('1s', 200)).rejects.toThrow(
      /^ours decoded \d+ tokens instead of 200: it would not be comparable$/,
    );
  });

  it('tells what went wrong with a request, and goes on', async () => {
    await expect(driver.decode('missing', 1)).rejects.toThrow(/^ours: .*ENOENT.*missing\.f32/);
    await expect(driver.decode('1s', 1, true)).resolves.toHaveProperty('ms');
  });

  it('tells with its last words why it did not start', async () => {
    await expect(start('no-such-model')).rejects.toThrow(/^ours ended \(1\): /);
  });

  it('rejects what is asked of it when it ends', async () => {
    const ending = await start('whisper-nano');
    const decoding = ending.decode('1s', 1);
    process.kill(ending.pid, 'SIGKILL');

    await expect(decoding).rejects.toThrow(/^ours ended \(SIGKILL\)/);
  });
});
