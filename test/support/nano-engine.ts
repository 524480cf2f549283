import type * as EngineModule from '../../service/src/engine/engine';
import { builtModule } from './built';
import { MODEL_STORE } from './nano';

export type EngineClass = EngineModule.Engine;

/** The compiled class: it forks the compiled engine process beside it. */
export const { Engine } = builtModule('service/src/engine/engine.js') as typeof EngineModule;

/** An engine of the embedded model on one thread. */
export const NANO_ENGINE: EngineModule.EngineOptions = {
  modelStore: MODEL_STORE,
  model: 'nano',
  quantization: 'int8',
  threads: 1,
  maxQueue: 64,
};

/** A second of silence. */
export const SECOND = new Float32Array(16_000);
