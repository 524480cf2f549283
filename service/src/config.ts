import { isIP } from 'node:net';
import path from 'node:path';
import {
  DEFAULTS,
  DEVICES,
  ENV,
  ENV_PREFIX,
  isServiceLink,
  LOG_LEVELS,
  LOG_TRANSCRIPTS,
  MODEL_NAMES,
  QUANTIZATIONS,
  RANGES,
  ENGINE_PROCESSES,
  SHORT_CONTEXTS,
  VOICE_ACTIVITY_DETECTORS,
} from '../../lib/contract';

/** The model that comes with the server. */
const EMBEDDED_MODEL = 'nano';
/** `service/models`, seen from `build/service/src`. */
const EMBEDDED_MODEL_STORE = path.resolve(__dirname, '../../../service/models');

/** Everything that the environment decides; see lib/contract.ts for what each name means. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly model: string;
  readonly modelStore: string;
  readonly device: (typeof DEVICES)[number];
  readonly quantization: (typeof QUANTIZATIONS)[number];
  readonly voiceActivity: (typeof VOICE_ACTIVITY_DETECTORS)[number];
  readonly requestTimeoutSeconds: number;
  readonly drainDelaySeconds: number;
  readonly maxQueue: number;
  readonly maxAudioSeconds: number;
  readonly maxBodyBytes: number;
  readonly apiKeysFile: string | undefined;
  /** 0: no limit. */
  readonly maxRequestsPerCaller: number;
  /** Addresses and CIDR ranges; empty: none. */
  readonly trustedProxies: readonly string[];
  readonly modelNames: (typeof MODEL_NAMES)[number];
  /** `*` alone, or origins; empty: none. */
  readonly corsOrigins: readonly string[];
  /** 0: never. */
  readonly readyMaxWaitSeconds: number;
  /** 0: never. */
  readonly engineMaxMebibytes: number;
  readonly engineProcesses: (typeof ENGINE_PROCESSES)[number];
  readonly shortContext: (typeof SHORT_CONTEXTS)[number];
  readonly shortContextMarginSeconds: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logTranscripts: (typeof LOG_TRANSCRIPTS)[number];
  /** OMP_NUM_THREADS and MKL_NUM_THREADS as given: compared with the CPUs, never used. */
  readonly statedThreads: Readonly<Record<string, number>>;
}

/** All faults of an environment at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'configuration_invalid';

  constructor(readonly faults: readonly string[]) {
    super(`${faults.length} fault${faults.length === 1 ? '' : 's'} in the environment:\n  ${faults.join('\n  ')}`);
  }
}

/**
 * Reads the environment. An empty variable counts as absent; variables that start with `STT_` and mean nothing are
 * faults, since a misspelt one would otherwise be ignored in silence.
 *
 * @throws ConfigError with every fault
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const faults: string[] = [];
  const known = new Set<string>(Object.values(ENV));
  for (const name of Object.keys(environment)) {
    if (name.startsWith(ENV_PREFIX) && !known.has(name) && !isServiceLink(name)) {
      faults.push(`${name}: no such variable; known are ${[...known].sort().join(', ')}`);
    }
  }
  const text = (name: string, fallback: string): string => environment[name] || fallback;
  const whole = (name: string, fallback: number, min: number, max: number): number => {
    const value = text(name, String(fallback));
    if (!/^\d+$/.test(value) || Number(value) < min || Number(value) > max) {
      faults.push(`${name}: got ${JSON.stringify(value)}, expected a whole number from ${min} to ${max}`);
    }
    return Number(value);
  };
  const ranged = (key: keyof typeof RANGES): number => whole(ENV[key], DEFAULTS[key], RANGES[key].min, RANGES[key].max);
  const decimal = (key: keyof typeof RANGES): number => {
    const { min, max } = RANGES[key];
    const value = text(ENV[key], String(DEFAULTS[key]));
    if (!/^\d+(\.\d+)?$/.test(value) || Number(value) < min || Number(value) > max) {
      faults.push(`${ENV[key]}: got ${JSON.stringify(value)}, expected a number from ${min} to ${max}`);
    }
    return Number(value);
  };
  const choice = <T extends string>(name: string, fallback: T, choices: readonly T[]): T => {
    const value = text(name, fallback);
    const found = choices.find((each) => each === value);
    if (found === undefined) {
      faults.push(`${name}: got ${JSON.stringify(value)}, expected one of ${choices.join(', ')}`);
    }
    return found ?? fallback;
  };
  const config: Config = {
    host: text(ENV.host, DEFAULTS.host),
    // Port 0 lets the system choose, as tests and several servers on one machine want.
    port: whole(ENV.port, DEFAULTS.port, 0, 65_535),
    model: text(ENV.model, EMBEDDED_MODEL),
    modelStore: path.resolve(text(ENV.modelStore, EMBEDDED_MODEL_STORE)),
    device: choice(ENV.device, DEFAULTS.device, DEVICES),
    quantization: choice(ENV.quantization, DEFAULTS.quantization, QUANTIZATIONS),
    voiceActivity: choice(ENV.voiceActivity, DEFAULTS.voiceActivity, VOICE_ACTIVITY_DETECTORS),
    requestTimeoutSeconds: ranged('requestTimeoutSeconds'),
    drainDelaySeconds: ranged('drainDelaySeconds'),
    maxQueue: ranged('maxQueue'),
    maxAudioSeconds: ranged('maxAudioSeconds'),
    maxBodyBytes: ranged('maxBodyBytes'),
    apiKeysFile: environment[ENV.apiKeysFile] || undefined,
    maxRequestsPerCaller: ranged('maxRequestsPerCaller'),
    trustedProxies: networks(environment[ENV.trustedProxies], faults),
    modelNames: choice(ENV.modelNames, DEFAULTS.modelNames, MODEL_NAMES),
    corsOrigins: origins(environment[ENV.corsOrigins], faults),
    readyMaxWaitSeconds: ranged('readyMaxWaitSeconds'),
    engineMaxMebibytes: ranged('engineMaxMebibytes'),
    engineProcesses: choice(ENV.engineProcesses, DEFAULTS.engineProcesses, ENGINE_PROCESSES),
    shortContext: choice(ENV.shortContext, DEFAULTS.shortContext, SHORT_CONTEXTS),
    shortContextMarginSeconds: decimal('shortContextMarginSeconds'),
    logLevel: choice(ENV.logLevel, DEFAULTS.logLevel, LOG_LEVELS),
    logTranscripts: choice(ENV.logTranscripts, DEFAULTS.logTranscripts, LOG_TRANSCRIPTS),
    statedThreads: Object.fromEntries(
      [ENV.ompThreads, ENV.mklThreads]
        .filter((name) => environment[name])
        .map((name) => [name, whole(name, 1, 1, 1024)]),
    ),
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(config);
}

/** Browsers send an origin as scheme, host and port, without a path; one with a path would never match. */
function origins(list: string | undefined, faults: string[]): readonly string[] {
  const values = listOf(list);
  for (const value of values) {
    const isOrigin = URL.canParse(value) && new URL(value).origin === value;
    if (!isOrigin && !(value === '*' && values.length === 1)) {
      faults.push(
        `${ENV.corsOrigins}: got ${JSON.stringify(value)}, expected origins such as https://app.example.com, or * alone`,
      );
    }
  }
  return values;
}

function networks(list: string | undefined, faults: string[]): readonly string[] {
  const values = listOf(list);
  for (const value of values) {
    if (!isNetwork(value)) {
      faults.push(
        `${ENV.trustedProxies}: got ${JSON.stringify(value)}, expected addresses or ranges of them such as 10.42.0.0/16, 2001:db8::/32`,
      );
    }
  }
  return values;
}

/** A range of no bits is everybody: then anybody could say who the caller is. */
function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const most = { 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return bits === undefined ? most > 0 : Number(bits) >= 1 && Number(bits) <= most;
}

function listOf(text = ''): readonly string[] {
  return text
    .split(',')
    .map((value) => value.trim())
    .filter(Boolean);
}
