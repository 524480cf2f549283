import type { IncomingMessage, ServerResponse } from 'node:http';
import fp from 'fastify-plugin';
import { ApiError } from '../errors/api-error';

/**
 * `Expect: 100-continue` (RFC 9110, 10.1.1), which curl sends with every larger upload: the body is asked for when
 * somebody begins to read it. What is refused by its head alone (no key, too long, too much waiting) is answered
 * without a byte of it. Another expectation is refused with 417.
 */
export const expectContinue = fp(function expectContinue(app, _options, done) {
  /** Requests whose bodies have not been asked for. */
  const waiting = new WeakSet<IncomingMessage>();
  const unknown = new WeakSet<IncomingMessage>();

  app.server.on('checkContinue', (message: IncomingMessage, response: ServerResponse) => {
    waiting.add(message);
    message.on('newListener', function ask(event: string) {
      if (event !== 'data' && event !== 'readable') return;
      message.off('newListener', ask);
      waiting.delete(message);
      response.writeContinue();
    });
    app.server.emit('request', message, response);
  });
  app.server.on('checkExpectation', (message: IncomingMessage, response: ServerResponse) => {
    unknown.add(message);
    app.server.emit('request', message, response);
  });

  app.addHook('onRequest', (request, _reply, next) => {
    if (!unknown.has(request.raw)) {
      next();
      return;
    }
    const expectation = JSON.stringify(String(request.headers.expect).slice(0, 64));
    next(new ApiError('expectation_failed', `expect: got ${expectation}; 100-continue is the one that is met`));
  });
  app.addHook('onSend', (request, reply, payload, next) => {
    // Whether the client now sends its body or not cannot be told: nothing after it would be read right.
    if (waiting.has(request.raw) || unknown.has(request.raw)) reply.header('connection', 'close');
    next(null, payload);
  });
  done();
});
