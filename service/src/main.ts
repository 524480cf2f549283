import { createRequire } from 'node:module';
import { ENV } from '../../lib/contract';
import { readConfig } from './config';
import { memoryLeft, resourceLimits, usableCpus } from './engine/cgroup';
import { Engine } from './engine/engine';
import { EngineError } from './engine/engine-error';
import { openModelDirectory } from './engine/model-directory';
import { shortContextFor } from './engine/short-context-for';
import { speechDetectorFile } from './engine/speech-detector-file';
import type * as ServerModule from './server';

/**
 * Runs the server until it is told to stop.
 *
 * The engine's process is on its way before all else: what answers HTTP takes as long to load as the model does.
 *
 * @returns the exit code (lib/contract.ts EXIT_CODES)
 * @throws ConfigError, EngineError when it cannot start
 */
export async function serve(environment: NodeJS.ProcessEnv): Promise<number> {
  const config = readConfig(environment);
  if (config.device !== 'cpu') {
    throw new EngineError('device_unavailable', `${ENV.device}=${config.device}: this build runs on cpu alone`);
  }
  const directory = openModelDirectory(config.modelStore, config.model, config.quantization);
  const limits = resourceLimits();
  const threads = usableCpus(limits);
  const engine = new Engine({
    modelStore: config.modelStore,
    model: config.model,
    quantization: config.quantization,
    threads,
    splitsWithRoom: config.engineProcesses === 'auto' ? (bytes) => memoryLeft() > bytes : undefined,
    maxQueue: config.maxQueue,
    maxRequestsPerKey: config.maxRequestsPerCaller,
    maxRssBytes: config.engineMaxMebibytes > 0 ? config.engineMaxMebibytes * 2 ** 20 : undefined,
    speechDetectorFile: config.voiceActivity === 'silero' ? speechDetectorFile() : undefined,
    shortContext: shortContextFor(directory, config),
  });
  engine.hold();
  const engineStart = engine.start();
  // It is awaited behind the listener, and may fail before.
  engineStart.catch(() => undefined);
  try {
    const { Server } = loadServer();
    return await new Server({ config, directory, engine, engineStart, limits, threads }).run();
  } catch (error) {
    // Its process would keep this one alive.
    await engine.stop();
    throw error;
  }
}

function loadServer(): typeof ServerModule {
  return createRequire(__filename)('./server') as typeof ServerModule;
}
