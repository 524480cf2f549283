import fastify, { LogController, type FastifyInstance } from 'fastify';
import type { AudioDecoder } from '../audio/audio-decoder';
import type { Config } from '../config';
import type { Engine } from '../engine/engine';
import type { EngineTranscriber } from '../engine/engine-transcriber';
import type { ServiceMetrics } from '../observability/service-metrics';
import type { ApiKeys } from './security/api-keys';
import { authentication } from './security/authentication';
import { cors } from './security/cors';
import { contentEncoding } from './security/content-encoding';
import { requestId } from './security/request-id';
import { DATA_HEADERS, securityHeaders } from './security/security-headers';
import { connections, KEEP_ALIVE_TIMEOUT_MS } from './connections/connections';
import { ApiError } from './errors/api-error';
import { errorHandling, sendApiError } from './errors/error-handling';
import { errorMetrics } from './errors/error-metrics';
import { answerProtocolError } from './errors/protocol-error';
import { LateValidators } from './late-validators';
import { asrWebservice } from './routes/asr-webservice';
import { health } from './routes/health';
import { legacyModels } from './routes/legacy-models';
import { legacyTranscribe } from './routes/legacy-transcribe';
import { metricsRoute } from './routes/metrics-route';
import { openaiModels } from './routes/openai-models';
import { openaiTranscriptions } from './routes/openai-transcriptions';
import { whisperCpp } from './routes/whisper-cpp';
import type { ServerState } from './server-state';
import { documentation, DOCS_PATH, OPENAPI_PATH } from './openapi/documentation';
import { ModelNames } from './transcription/model-names';
import { requestTracing } from './transcription/request-tracing';
import { TranscriptionService } from './transcription/transcription-service';

export interface AppDependencies {
  readonly config: Config;
  readonly decoder: AudioDecoder;
  readonly transcriber: EngineTranscriber;
  readonly admission: Engine['admission'];
  readonly state: ServerState;
  readonly metrics: ServiceMetrics;
  /** Absent: everybody is served. */
  readonly apiKeys: ApiKeys | undefined;
  readonly weightBytes: number;
  /** Seconds since 1970. */
  readonly modelWrittenAt: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Compiles the schemas of all requests now. */
    compileSchemas(): Promise<void>;
  }
}

const REQUEST_TIMEOUT_MARGIN_MS = 5_000;

/** The HTTP application: one plugin a concern, one file a route group. */
export function buildApp(dependencies: AppDependencies): FastifyInstance {
  const { config, state, metrics } = dependencies;
  const validators = new LateValidators();
  const app: FastifyInstance = fastify({
    logger: { level: config.logLevel },
    // One line a transcription is written by its route; probes and scrapes write none.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.maxBodyBytes,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // The second net: the routes themselves answer an upload that takes too long (upload.ts). To Node.js a connection
    // that waits for its first request is one, too.
    requestTimeout: Math.max(config.requestTimeoutSeconds * 1000, KEEP_ALIVE_TIMEOUT_MS) + REQUEST_TIMEOUT_MARGIN_MS,
    // An empty list would be a fault to it.
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    requestIdHeader: false,
    genReqId: requestId,
    forceCloseConnections: 'idle',
    schemaController: {
      compilersFactory: {
        buildValidator: validators.build,
        // Schemas of answers are for the document: what is sent is sent as it is.
        buildSerializer: () => () => (answer) => JSON.stringify(answer),
      },
    },
    // Faults of the protocol, in the shape of all others.
    frameworkErrors: (error, request, reply) => {
      // No hook of the application runs for it.
      reply.headers({ ...DATA_HEADERS, 'x-request-id': request.id });
      const apiError = new ApiError('invalid_request', error.message, null, { cause: error });
      metrics.httpError(apiError.code);
      sendApiError(reply, apiError);
    },
    clientErrorHandler: (error, socket) => {
      const answer = answerProtocolError(error, socket, app.connectionTracker.get(socket)?.exchanges.at(-1));
      if (!answer) return;
      const { code, message } = answer.error;
      metrics.httpError(code);
      app.log.info({ reqId: answer.requestId, code }, message);
    },
  });

  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (state.draining) reply.header('connection', 'close');
    return Promise.resolve();
  });
  // Bodies are read by the routes that take any (uploads/upload.ts), whatever their type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, read) => {
    read(null);
  });
  app.decorate('compileSchemas', () => validators.prepare());
  app.decorateRequest('call', null);
  app.register(requestTracing, { environment: process.env });
  const models = new ModelNames(config.model, config.modelNames);
  const service = new TranscriptionService(dependencies, models);
  app.register(errorHandling);
  app.register(errorMetrics, { metrics });
  app.register(securityHeaders, { pagePrefixes: [DOCS_PATH] });
  app.register(cors, { origins: config.corsOrigins });
  app.register(connections);
  app.register(authentication, { keys: dependencies.apiKeys, openPrefixes: [DOCS_PATH, OPENAPI_PATH] });
  app.register(contentEncoding);
  app.register(documentation, { withKeys: dependencies.apiKeys !== undefined });
  app.register(health, { state, weightBytes: dependencies.weightBytes });
  app.register(metricsRoute, { metrics });
  app.register(openaiModels, { models, created: dependencies.modelWrittenAt });
  app.register(openaiTranscriptions, { service });
  app.register(whisperCpp, { service });
  app.register(asrWebservice, { service });
  app.register(legacyTranscribe, { service, model: config.model });
  app.register(legacyModels, { state, model: config.model, weightBytes: dependencies.weightBytes });
  return app;
}
