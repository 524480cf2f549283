import { EnvValue } from 'cdk8s-plus-28';
import type { ApiKeys } from './api-keys';
import {
  DEFAULTS,
  ENV,
  ENV_PREFIX,
  extraRequestMebibytes as mebibytesOfRequests,
  IMAGE_MODEL_STORE,
  isServiceLink,
  LOG_LEVELS,
  LOG_TRANSCRIPTS,
  MODEL_NAMES,
  RANGES,
  ENGINE_PROCESSES,
  SHORT_CONTEXTS,
  VOICE_ACTIVITY_DETECTORS,
} from './contract';
import type { DeviceChoice } from './device';
import type { Drain } from './drain';
import { checkEnvNames } from './env-names';
import type { ModelChoice } from './model';
import type { PropFaults } from './prop-faults';
import type { Sizing } from './sizing';

/** What the server is told beside the props. */
export interface EnvironmentProps {
  /**
   * Further environment variables of the server.
   *
   * Those that props decide are the construct's own. The server's other settings can be given here: `STT_LOG_LEVEL`,
   * `STT_VOICE_ACTIVITY`, `STT_MAX_QUEUE`, `STT_MAX_AUDIO_SECONDS`, `STT_MAX_BODY_BYTES`, `STT_MAX_REQUESTS_PER_CALLER`,
   * `STT_TRUSTED_PROXIES`, `STT_MODEL_NAMES`, `STT_CORS_ORIGINS`, `STT_READY_MAX_WAIT_SECONDS`, `STT_ENGINE_MAX_MIB`,
   * `STT_ENGINE_PROCESSES`, `STT_SHORT_CONTEXT`, `STT_SHORT_CONTEXT_MARGIN_SECONDS`, `STT_LOG_TRANSCRIPTS`; longer audio
   * and larger bodies need more `memory`.
   * Never a secret: everybody who may read the Deployment reads it.
   *
   * @default - none
   */
  readonly env?: Record<string, string>;
}

/** What the server is told by its manifest. */
export interface ServerSettings {
  readonly port: number;
  readonly sizing: Sizing;
  readonly model: ModelChoice;
  readonly device: DeviceChoice;
  readonly drain: Drain;
  readonly apiKeys: ApiKeys;
  /** Checked by {@link extraEnvironment}. */
  readonly extraEnvironment: Record<string, string>;
}

/** Variables of the contract that a prop decides, by that prop. Written into `env` they would be duplicates. */
const DECIDED_BY: Readonly<Record<string, string>> = {
  [ENV.host]: 'nothing: the server must listen on every interface of its pod',
  [ENV.port]: "'port'",
  [ENV.model]: "'model'",
  [ENV.modelStore]: "'modelSource'",
  [ENV.device]: "'device'",
  [ENV.quantization]: "'quantization'",
  [ENV.requestTimeoutSeconds]: "'requestTimeout'",
  [ENV.drainDelaySeconds]: "'endpointPropagation'",
  [ENV.apiKeysFile]: "'apiKeysSecretName'",
  [ENV.ompThreads]: "'cpus'",
  [ENV.mklThreads]: "'cpus'",
};

/** Variables that the user may set and that have a list of values. */
const CHOICES: readonly (readonly [name: string, choices: readonly string[]])[] = [
  [ENV.voiceActivity, VOICE_ACTIVITY_DETECTORS],
  [ENV.logLevel, LOG_LEVELS],
  [ENV.modelNames, MODEL_NAMES],
  [ENV.logTranscripts, LOG_TRANSCRIPTS],
  [ENV.engineProcesses, ENGINE_PROCESSES],
  [ENV.shortContext, SHORT_CONTEXTS],
];

/** Variables that the user may set and that are whole numbers. */
const NUMBERS = [
  'maxQueue',
  'maxAudioSeconds',
  'maxBodyBytes',
  'maxRequestsPerCaller',
  'readyMaxWaitSeconds',
  'engineMaxMebibytes',
] as const satisfies readonly (keyof typeof RANGES)[];

export function extraEnvironment({ env = {} }: EnvironmentProps, faults: PropFaults): Record<string, string> {
  checkEnvNames('env', env, faults);
  const known: string[] = Object.values(ENV);
  for (const name of Object.keys(env)) {
    const owner = DECIDED_BY[name];
    if (owner !== undefined) {
      faults.add('env-reserved', 'env', name, `it would be there twice. It is decided by ${owner}. Leave it out here.`);
    } else if (name.startsWith(ENV_PREFIX) && !known.includes(name) && !isServiceLink(name)) {
      const free = known.filter((each) => !(each in DECIDED_BY)).join(', ');
      faults.add(
        'env-unknown',
        'env',
        name,
        `the server has no such setting and would refuse to start. It has ${free}.`,
      );
    }
  }
  for (const key of NUMBERS) {
    // Empty counts as absent, as it does for the server.
    const value = env[ENV[key]] ?? '';
    const { min, max } = RANGES[key];
    if (value !== '' && !(/^\d+$/.test(value) && Number(value) >= min && Number(value) <= max)) {
      faults.add('env-value-invalid', `env.${ENV[key]}`, value, `it must be a whole number from ${min} to ${max}.`);
    }
  }
  const margin = env[ENV.shortContextMarginSeconds] ?? '';
  const { min, max } = RANGES.shortContextMarginSeconds;
  if (margin !== '' && !(/^\d+(\.\d+)?$/.test(margin) && Number(margin) >= min && Number(margin) <= max)) {
    const name = `env.${ENV.shortContextMarginSeconds}`;
    faults.add('env-value-invalid', name, margin, `it must be a number from ${min} to ${max}.`);
  }
  for (const [name, choices] of CHOICES) {
    const value = env[name] ?? '';
    if (value !== '' && !choices.includes(value)) {
      faults.add('env-value-invalid', `env.${name}`, value, `it must be one of ${choices.join(', ')}.`);
    }
  }
  return env;
}

/** Largest body that the server takes with these variables, in bytes. */
export function maxBodyBytes(env: Record<string, string>): number {
  return settingOf(env, 'maxBodyBytes');
}

/** Memory that requests can take beyond what they do with the defaults: whole mebibytes, 0 where nothing was raised. */
export function extraRequestMebibytes(env: Record<string, string>): number {
  return mebibytesOfRequests({
    maxBodyBytes: maxBodyBytes(env),
    maxAudioSeconds: settingOf(env, 'maxAudioSeconds'),
  });
}

function settingOf(env: Record<string, string>, key: 'maxBodyBytes' | 'maxAudioSeconds'): number {
  const value = Number(env[ENV[key]] || DEFAULTS[key]);
  // One that is no number is a fault by itself.
  return Number.isFinite(value) ? value : DEFAULTS[key];
}

/** The server's environment variables, in the contract's names and the contract's order, the user's own behind them. */
export function serverEnvironment(settings: ServerSettings): Record<string, EnvValue> {
  const { port, sizing, model, device, drain, apiKeys } = settings;
  const threads = sizing.cpus.toThreads();
  const keys = apiKeys.path;
  const variables: Record<string, string> = {
    // Every interface: the kubelet and the Service reach the pod by its address.
    [ENV.host]: '0.0.0.0',
    [ENV.port]: String(port),
    [ENV.model]: model.folder,
    [ENV.modelStore]: IMAGE_MODEL_STORE,
    [ENV.device]: device.device,
    [ENV.quantization]: model.quantization,
    [ENV.requestTimeoutSeconds]: String(drain.requestTimeoutSeconds),
    [ENV.drainDelaySeconds]: String(drain.delaySeconds),
    ...(keys === undefined ? {} : { [ENV.apiKeysFile]: keys }),
    [ENV.ompThreads]: threads,
    [ENV.mklThreads]: threads,
    ...settings.extraEnvironment,
  };
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, EnvValue.fromValue(value)]));
}
