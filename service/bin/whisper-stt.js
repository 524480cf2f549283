#!/usr/bin/env node
// The program is compiled by `npm run build`; this file is committed because npm links no bin whose target is missing.
require('../../build/service/src/cli/whisper-stt.js').whisperStt(process.argv.slice(2));
