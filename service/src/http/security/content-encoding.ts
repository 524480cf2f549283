import fp from 'fastify-plugin';
import { ApiError } from '../errors/api-error';

/**
 * Refuses a compressed body before it is read: a few kilobytes of it can be gigabytes. Audio has codecs of its own, and
 * a compressed form would be read as a broken one.
 */
export const contentEncoding = fp(function contentEncoding(app, _options, done) {
  app.addHook('onRequest', (request, reply, next) => {
    const encoding = request.headers['content-encoding']?.trim() ?? '';
    if (encoding === '' || encoding.toLowerCase() === 'identity') {
      next();
      return;
    }
    // What would be taken instead (RFC 9110, 15.5.16).
    reply.header('accept-encoding', 'identity');
    next(
      new ApiError(
        'unsupported_encoding',
        `content-encoding ${JSON.stringify(encoding.slice(0, 64))} is not decoded: send the body as it is; compressed audio (FLAC, Opus) is smaller anyway`,
      ),
    );
  });
  done();
});
