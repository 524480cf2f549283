import { EnvValue } from 'cdk8s-plus-28';
import { DEFAULTS, ENV, IMAGE_MODEL_STORE } from './contract';
import type { Drain } from './drain';
import type { ModelChoice } from './model';
import type { Sizing } from './sizing';

/** What the server is told by its manifest. */
export interface ServerSettings {
  readonly port: number;
  readonly sizing: Sizing;
  readonly model: ModelChoice;
  readonly drain: Drain;
}

/** The server's environment variables, in the contract's names and the contract's order. */
export function serverEnvironment({ port, sizing, model, drain }: ServerSettings): Record<string, EnvValue> {
  const threads = sizing.cpus.toThreads();
  const variables: Record<string, string> = {
    // Every interface: the kubelet and the Service reach the pod by its address.
    [ENV.host]: '0.0.0.0',
    [ENV.port]: String(port),
    [ENV.model]: model.folder,
    [ENV.modelStore]: IMAGE_MODEL_STORE,
    [ENV.device]: DEFAULTS.device,
    [ENV.quantization]: model.quantization,
    [ENV.requestTimeoutSeconds]: String(drain.requestTimeoutSeconds),
    [ENV.drainDelaySeconds]: String(drain.delaySeconds),
    [ENV.ompThreads]: threads,
    [ENV.mklThreads]: threads,
  };
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, EnvValue.fromValue(value)]));
}
