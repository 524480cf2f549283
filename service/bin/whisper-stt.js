#!/usr/bin/env node
// The program is compiled by `npm run build`; this file is committed because npm links no bin whose target is missing.

// The kernel ignores a signal that PID 1 has no handler for: SIGTERM would be lost while the server is loaded, and a
// container that is stopped meanwhile would live on until it is killed. Heard here, it waits for the server's handler.
if (process.pid === 1) for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));

const program = '../../build/service/src/cli/whisper-stt.js';
if (!require('node:fs').existsSync(require('node:path').join(__dirname, program))) {
  console.error('whisper-stt is not compiled: run `npm run build` in the checkout first');
  process.exit(69); // sysexits.h EX_UNAVAILABLE
}
require(program).whisperStt(process.argv.slice(2));
