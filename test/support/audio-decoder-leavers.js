// Many callers of one decoder, of whom some leave in the moment in which their file is about to be decoded: what became of
// those that stayed, as JSON. A process of its own, because threads cannot be started inside jest; compiled, as in production.
'use strict';
const { readFileSync } = require('node:fs');
const { clearTimeout, setTimeout } = require('node:timers');
const { AbortController } = globalThis;
const { AudioDecoder } = require('../../build/service/src/audio/audio-decoder.js');

const CALLERS = 12;
const LEAVING_SHARE = 0.4;
/** About as long as a file takes with so many callers. */
const LONGEST_STAY_MS = 12;

async function main(file, seconds) {
  const bytes = readFileSync(file);
  const decoder = new AudioDecoder({ maxDurationS: 60, timeoutMs: 30_000 });
  const errors = [];
  let decoded = 0;
  let left = 0;
  const end = Date.now() + seconds * 1000;
  const caller = async () => {
    while (Date.now() < end) {
      const leaving = new AbortController();
      const timer =
        Math.random() < LEAVING_SHARE &&
        setTimeout(() => leaving.abort(new Error('left')), Math.random() * LONGEST_STAY_MS);
      try {
        await decoder.decode(Uint8Array.from(bytes), leaving.signal);
        decoded++;
      } catch (error) {
        if (leaving.signal.aborted) left++;
        else errors.push(error.message);
      }
      clearTimeout(timer);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  await decoder.close();
  process.stdout.write(JSON.stringify({ decoded, left, errors }));
}

void main(process.argv[2], Number(process.argv[3]));
