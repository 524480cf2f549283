/**
 * What a synth costs, on compiled code: CPU and wall time of a process of its own for each app, the start of Node.js and
 * the loading of cdk8s included.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILD = fileURLToPath(new URL('../build', import.meta.url));

/** Services of the two large apps. */
const SERVICES = 500;

const PROGRAM = {
  prelude: `
    const { App, Chart } = require('cdk8s');
    const { WhisperSttService } = require(${JSON.stringify(join(BUILD, 'lib'))});
    const image = 'registry.example.com/voice/stt-service:1.0.0';
    const app = new App();`,
  oneChart: `
    const chart = new Chart(app, 'voice');
    for (let n = 0; n < ${SERVICES}; n += 1) {
      new WhisperSttService(chart, 'stt-' + n, { image, name: 'stt-' + n, namespace: 'voice', createNamespace: n === 0 });
    }
    app.synth();`,
  chartEach: `
    for (let n = 0; n < ${SERVICES}; n += 1) {
      const chart = new Chart(app, 'voice-' + n, { namespace: 'voice-' + n });
      new WhisperSttService(chart, 'stt', { image });
    }
    app.synth();`,
};

/** Seconds of CPU on an idle machine. */
const PROMISED = { app: 0.8, services: 10 };
const LENIENCY = 5;

function measure(title, code, promised) {
  const outdir = mkdtempSync(join(tmpdir(), 'bench-synth-'));
  const report = "process.on('exit', () => console.log(JSON.stringify(process.cpuUsage())));";
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', `${report}${code}`], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, CDK8S_OUTDIR: outdir },
    encoding: 'utf8',
  });
  const wall = (performance.now() - started) / 1000;
  rmSync(outdir, { recursive: true });
  if (status !== 0) {
    throw new Error(`${title}: ${stderr}`);
  }
  const { user, system } = JSON.parse(stdout.trim().split('\n').at(-1));
  const cpu = (user + system) / 1e6;
  if (cpu > LENIENCY * promised) {
    console.error(`${title}: ${cpu.toFixed(2)} s of CPU; ${promised} s are promised`);
    process.exitCode = 1;
  }
  console.log(`${title.padEnd(40)} ${cpu.toFixed(2).padStart(6)} s CPU ${wall.toFixed(2).padStart(6)} s wall`);
}

measure('the default app', `require(${JSON.stringify(join(BUILD, 'apps/voice-agent-phase5.js'))})`, PROMISED.app);
measure(`${SERVICES} services in one chart`, PROGRAM.prelude + PROGRAM.oneChart, PROMISED.services);
measure(`${SERVICES} charts of one service`, PROGRAM.prelude + PROGRAM.chartEach, PROMISED.services);
