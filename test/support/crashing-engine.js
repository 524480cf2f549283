// Loaded into the processes of a server by crashingEngine (server-process.ts).
'use strict';
const process = require('node:process');

const SAMPLE_RATE_HZ = 16_000;
const fromSamples = Number(process.env.TEST_CRASH_FROM_SECONDS) * SAMPLE_RATE_HZ;

if (process.argv[1]?.endsWith('engine-process.js')) {
  process.on('message', ({ type, samples }) => {
    if (type === 'decode' && samples.length >= fromSamples) process.kill(process.pid, 'SIGKILL');
  });
}
