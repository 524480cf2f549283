// The process in which the tests of AudioDecoder run it, as the server does: compiled, under plain Node. (jest cannot
// load the ECMAScript modules that it is built on.)
'use strict';
const { Buffer } = require('node:buffer');
const { AbortController } = globalThis;
const { AudioDecoder } = require('../../build/service/src/audio/audio-decoder.js');

const decoders = new Map();
const aborts = new Map();

process.on('message', async ({ id, action, decoder, options, bytes, isPart, target }) => {
  try {
    switch (action) {
      case 'open':
        decoders.set(decoder, new AudioDecoder(options));
        process.send({ id });
        break;
      case 'decode': {
        const abort = new AbortController();
        aborts.set(id, abort);
        // What arrives lies in the channel's own buffer. One byte more than the file: room behind it, or somebody else's.
        const owner = Uint8Array.from([...bytes, 0]);
        const file = isPart ? Buffer.from(owner.buffer, 0, bytes.length) : owner.subarray(0, bytes.length);
        const audio = await decoders.get(decoder).decode(file, abort.signal, options);
        process.send({ id, result: { audio, bytesLeft: file.length } });
        break;
      }
      case 'abort':
        aborts.get(target).abort(new Error('the client went away'));
        process.send({ id });
        break;
      case 'memory':
        process.send({ id, result: process.memoryUsage().rss });
        break;
      case 'ping':
        process.send({ id });
        break;
      case 'close':
        await decoders.get(decoder).close();
        process.send({ id });
        break;
    }
  } catch (error) {
    process.send({ id, error: { name: error.name, code: error.code, message: error.message } });
  }
});
