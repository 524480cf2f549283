import { randomUUID } from 'node:crypto';
import multipart from '@fastify/multipart';
import fastify, { LogController, type FastifyInstance } from 'fastify';
import type { AudioDecoder } from '../audio/audio-decoder';
import type { Config } from '../config';
import type { EngineTranscriber } from '../engine/engine-transcriber';
import type { TranscriptionMetrics } from '../observability/metrics';
import type { ApiKeys } from './api-keys';
import { authentication } from './authentication';
import { connectionDrain } from './connection-drain';
import { ApiError } from './api-error';
import { answerProtocolError, errorHandling, sendApiError } from './error-handling';
import { health } from './health';
import { legacyTranscribe } from './legacy-transcribe';
import { metricsRoute } from './metrics-route';
import { openaiModels } from './openai-models';
import { openaiTranscriptions } from './openai-transcriptions';
import type { ServerState } from './server-state';
import { TranscriptionRunner } from './transcription-runner';

export interface AppDependencies {
  readonly config: Config;
  readonly decoder: AudioDecoder;
  readonly transcriber: EngineTranscriber;
  readonly state: ServerState;
  readonly metrics: TranscriptionMetrics;
  /** Absent: everybody is served. */
  readonly apiKeys: ApiKeys | undefined;
  readonly weightBytes: number;
  /** Seconds since 1970. */
  readonly modelWrittenAt: number;
}

/**
 * Idle connections outlive those of the callers. Go's default transport closes after 90 s; a server that closes first
 * answers a request that is already under way with a reset.
 */
const KEEP_ALIVE_TIMEOUT_MS = 95_000;
const REQUEST_TIMEOUT_MARGIN_MS = 5_000;

/** The HTTP application: one plugin a concern, one file a route group. */
export function buildApp(dependencies: AppDependencies): FastifyInstance {
  const { config, state, metrics } = dependencies;
  const app: FastifyInstance = fastify({
    logger: { level: config.logLevel },
    // One line a transcription is written by its route; probes and scrapes write none.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.maxBodyBytes,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // The second net: the routes themselves answer an upload that takes too long (upload.ts).
    requestTimeout: config.requestTimeoutSeconds * 1000 + REQUEST_TIMEOUT_MARGIN_MS,
    requestIdHeader: 'x-request-id',
    genReqId: () => `req_${randomUUID().replaceAll('-', '')}`,
    forceCloseConnections: 'idle',
    // Faults of the protocol, in the shape of all others.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      sendApiError(reply, new ApiError('invalid_request', error.message, null, { cause: error }));
    },
    clientErrorHandler: answerProtocolError,
  });

  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (state.draining) reply.header('connection', 'close');
    return Promise.resolve();
  });
  const runner = new TranscriptionRunner(dependencies);
  app.register(connectionDrain);
  app.register(errorHandling);
  if (dependencies.apiKeys) app.register(authentication, { keys: dependencies.apiKeys });
  app.register(multipart);
  app.register(health, { state, weightBytes: dependencies.weightBytes });
  app.register(metricsRoute, { metrics });
  app.register(openaiModels, { model: config.model, created: dependencies.modelWrittenAt });
  app.register(openaiTranscriptions, { runner });
  app.register(legacyTranscribe, { runner, model: config.model });
  return app;
}
