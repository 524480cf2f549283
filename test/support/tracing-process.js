// The process in which the tests of tracing run it, as the server does: compiled, under plain Node, with an environment of
// its own. (jest cannot load ECMAScript modules, by which OpenTelemetry loads Node's http.)
'use strict';
const { createServer } = require('node:net');
const { setTimeout } = require('node:timers');
const { openTracing } = require('../../build/service/src/observability/tracing.js');

// A collector that answers before it has read what it is sent, and hangs up. In this process, so that both arrive at once.
if (process.env.RUDE_COLLECTOR_PORT) {
  createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    setTimeout(() => {
      socket.write('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
      socket.resetAndDestroy();
    }, 20);
  })
    .listen(Number(process.env.RUDE_COLLECTOR_PORT), '127.0.0.1')
    .unref();
}

const log = [];
const note = (level) => (fields, message) => log.push({ level, message, error: fields.err?.message });
let tracing;

process.on('message', async ({ id, action, requests }) => {
  switch (action) {
    case 'open':
      tracing = await openTracing(process.env, { info: note('info'), warn: note('warn') });
      process.send({ id, result: loadedLibraries() });
      break;
    case 'trace':
      process.send({
        id,
        result: requests.map(({ start, agoMs, record }) => {
          const trace = tracing.begin({ ...start, startedAt: performance.now() - agoMs });
          trace.end(record);
          return { traceId: trace.traceId, logFields: trace.logFields };
        }),
      });
      break;
    case 'log':
      process.send({ id, result: log });
      break;
    case 'close': {
      const started = performance.now();
      await tracing.close();
      process.send({ id, result: performance.now() - started });
      // From here on only what tracing left behind keeps this process.
      process.disconnect();
      break;
    }
  }
});

function loadedLibraries() {
  return Object.keys(require.cache).filter((file) => file.includes('@opentelemetry')).length;
}
