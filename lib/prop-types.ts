import type { Duration, Size } from 'cdk8s';
import { ImagePullPolicy, TaintEffect, type Cpu, type Probe, type ProbeOptions, type VolumeMount } from 'cdk8s-plus-28';
import { Device } from './device';
import type { HttpRouteOptions } from './http-route';
import type { IngressOptions } from './ingress';
import { Quantization, WhisperModel } from './model';
import { ModelSource, type OciImageOptions } from './model-source';
import type { ServiceMonitorOptions } from './monitoring';
import { NetworkPeer } from './network-peer';
import type { NetworkDestination } from './network-policy';
import type { PropFaults } from './prop-faults';
import type { NodeLabel, Toleration } from './scheduling';
import type { Sidecar } from './sidecar';
import type { WhisperSttServiceProps } from './whisper-stt-service';

/**
 * What a value must be. The compiler checks that for TypeScript; plain JavaScript, values from a file and casts get here
 * unchecked, and would fail somewhere in cdk8s without the name of the prop.
 */
interface Type<T> {
  /** Completes "it must be …". */
  readonly description: string;

  is(value: unknown): value is T;

  /** Notes what is wrong inside of a value that `is` accepts. */
  inside?(value: T, prop: string, faults: PropFaults): void;
}

/** What a field of a struct must be that cannot be left out. */
interface Mandatory<T> {
  readonly required: Type<T>;
}

type Fields<T> = {
  [K in keyof Required<T>]: undefined extends T[K] ? Type<NonNullable<T[K]>> : Mandatory<T[K]>;
};

const text: Type<string> = { description: 'a string', is: (value) => typeof value === 'string' };
const number: Type<number> = { description: 'a number', is: (value) => typeof value === 'number' };
const flag: Type<boolean> = { description: 'true or false', is: (value) => typeof value === 'boolean' };

/** By what it can do, not by its class: an app may have more than one copy of cdk8s. */
function able<T>(method: string, description: string): Type<T> {
  return {
    description,
    is: (value): value is T => isObject(value) && typeof value[method] === 'function',
  };
}
const size = able<Size>('toMebibytes', 'a Size of cdk8s, for example Size.mebibytes(1024)');
const duration = able<Duration>('toSeconds', 'a Duration of cdk8s, for example Duration.seconds(60)');
const probe = able<Probe>('_toKube', 'a Probe of cdk8s-plus-28, for example Probe.fromHttpGet');
const cpu: Type<Cpu> = {
  description: 'a Cpu of cdk8s-plus-28, for example Cpu.millis(100)',
  is: (value): value is Cpu => isObject(value) && typeof value.amount === 'string',
};
const volumeMount: Type<VolumeMount> = {
  description: 'a VolumeMount of cdk8s-plus-28',
  is: (value): value is VolumeMount => isObject(value) && isObject(value.volume) && typeof value.path === 'string',
};

/**
 * An object of a class of ours, whose factories take what they are given.
 *
 * @param of the class; its constructor may be private
 * @param inside what it was made of, by the names of the factories' parameters
 */
function made<T>(
  description: string,
  of: { readonly prototype: T; [Symbol.hasInstance](value: unknown): boolean },
  inside: (value: T) => Parts,
): Type<T> {
  return {
    description,
    is: (value): value is T => of[Symbol.hasInstance](value),
    inside: (value, prop, faults) => {
      for (const [name, [type, part]] of Object.entries(inside(value))) {
        check(type, part, `${prop}.${name}`, faults);
      }
    },
  };
}

type Parts = Readonly<Record<string, readonly [Type<unknown>, unknown]>>;

/** Only the parts that are there. */
function given(parts: Parts): Parts {
  return Object.fromEntries(Object.entries(parts).filter(([, [, part]]) => part !== undefined));
}

function oneOf<T extends string>(name: string, members: Record<string, T>): Type<T> {
  const values: unknown[] = Object.values(members);
  return {
    description: `a member of ${name}: ${values.map((value) => JSON.stringify(value)).join(', ')}`,
    is: (value): value is T => values.includes(value),
  };
}

function list<T>(of: Type<T>): Type<T[]> {
  return {
    description: 'a list, in [ and ]',
    is: (value): value is T[] => Array.isArray(value),
    inside: (values, prop, faults) => {
      for (const [index, value] of values.entries()) {
        check(of, value, `${prop}[${index}]`, faults);
      }
    },
  };
}

const texts: Type<Record<string, string>> = {
  description: 'an object of names and strings',
  is: (value): value is Record<string, string> => isObject(value) && !Array.isArray(value),
  inside: (values, prop, faults) => {
    for (const [name, value] of Object.entries(values)) {
      check(text, value, `${prop}[${JSON.stringify(name)}]`, faults);
    }
  },
};

function struct<T extends object>(fields: Fields<T>): Type<T> {
  return {
    description: Object.values<object>(fields).some((field) => 'required' in field)
      ? 'an object'
      : 'an object, {} for its defaults',
    is: (value): value is T => isObject(value) && !Array.isArray(value),
    inside: (value, prop, faults) => {
      checkFields(fields, value, prop, faults);
    },
  };
}

const peer = made('a NetworkPeer, for example NetworkPeer.pods', NetworkPeer, (value) =>
  given({
    cidr: [text, value.cidr],
    namespaceLabels: [texts, value.namespaceLabels],
    podLabels: [texts, value.podLabels],
  }),
);

const whisperModel = made(
  'a WhisperModel: WhisperModel.TINY, TINY_EN, BASE, BASE_EN, SMALL, SMALL_EN, or WhisperModel.custom()',
  WhisperModel,
  (value) => ({
    folder: [text, value.folder],
    ...given({ memoryNeed: [size, value.statedMemoryNeed] }),
  }),
);

const ociImageOptions = struct<OciImageOptions>({ command: list(text), size });

const modelSource = made(
  'a ModelSource, for example ModelSource.bakedIntoImage()',
  ModelSource,
  ({ _source: source }): Parts => {
    switch (source.kind) {
      case 'baked':
        return {};
      case 'claim':
        return { claimName: [text, source.claimName], ...given({ subPath: [text, source.subPath] }) };
      case 'copy':
        return { image: [text, source.image], options: [ociImageOptions, source.options] };
      case 'imageVolume':
        return { image: [text, source.image] };
    }
  },
);

const nodeLabel = struct<NodeLabel>({ key: { required: text }, value: { required: text } });

const toleration = struct<Toleration>({
  key: text,
  value: text,
  effect: oneOf('TaintEffect', TaintEffect),
  evictAfter: duration,
});

const probeOptions = struct<ProbeOptions>({
  initialDelaySeconds: duration,
  periodSeconds: duration,
  timeoutSeconds: duration,
  failureThreshold: number,
  successThreshold: number,
});

const sidecar = struct<Sidecar>({
  name: { required: text },
  image: { required: text },
  cpu: { required: cpu },
  memory: { required: size },
  ephemeralStorage: size,
  startsFirst: flag,
  command: list(text),
  args: list(text),
  env: texts,
  volumeMounts: list(volumeMount),
  livenessProbe: probe,
  readinessProbe: probe,
});

const destination = struct<NetworkDestination>({ to: { required: peer }, ports: { required: list(number) } });

const ingress = struct<IngressOptions>({
  host: { required: text },
  className: text,
  tlsSecretName: text,
  paths: list(text),
  idleTimeout: duration,
  annotations: texts,
  proxy: peer,
});

const httpRoute = struct<HttpRouteOptions>({
  gateway: { required: text },
  gatewayNamespace: text,
  sectionName: text,
  hostnames: list(text),
  paths: list(text),
  proxy: peer,
});

const serviceMonitor = struct<ServiceMonitorOptions>({ interval: duration, labels: texts });

/** Complete, and of the right types, by the compiler's word. */
const PROPS: Fields<WhisperSttServiceProps> = {
  image: { required: text },
  imageDigest: text,
  imagePullPolicy: oneOf('ImagePullPolicy', ImagePullPolicy),
  imagePullSecrets: list(text),
  name: text,
  labels: texts,
  namespace: text,
  createNamespace: flag,
  cpus: number,
  memory: size,
  ephemeralStorage: size,
  model: whisperModel,
  quantization: oneOf('Quantization', Quantization),
  modelSource,
  device: oneOf('Device', Device),
  gpus: number,
  apiKeysSecretName: text,
  apiKeysSecretKey: text,
  env: texts,
  podLabels: texts,
  podAnnotations: texts,
  sidecars: list(sidecar),
  startupProbe: probeOptions,
  livenessProbe: probeOptions,
  readinessProbe: probeOptions,
  requestTimeout: duration,
  endpointPropagation: duration,
  drainMargin: duration,
  terminationGracePeriod: duration,
  progressDeadline: duration,
  revisionHistoryLimit: number,
  maxSurge: number,
  maxUnavailable: number,
  minReplicas: number,
  maxReplicas: number,
  targetCpuUtilizationPercent: number,
  targetMemoryUtilizationPercent: number,
  idleMemory: size,
  containerMetrics: flag,
  scaleUpWindow: duration,
  scaleDownWindow: duration,
  podDisruptionBudget: flag,
  maxUnavailablePods: number,
  topologySpread: flag,
  hostAntiAffinity: flag,
  cpuPinningPool: nodeLabel,
  nodeSelector: texts,
  tolerations: list(toleration),
  priorityClassName: text,
  runtimeClassName: text,
  port: number,
  preferSameZone: flag,
  networkPolicy: flag,
  callers: list(peer),
  scrapers: list(peer),
  allowDns: flag,
  egress: list(destination),
  ingress,
  httpRoute,
  resourceQuota: flag,
  limitRange: flag,
  admissionPolicy: flag,
  serviceMonitor,
  kubernetesVersion: text,
};

/**
 * Notes props that do not exist, are missing, or hold something else than their type. With any of them nothing can be
 * made of the rest.
 */
export function checkPropTypes(props: WhisperSttServiceProps, faults: PropFaults): void {
  const given: unknown = props;
  checkFields(PROPS, isObject(given) ? given : {}, '', faults);
}

/** @param prop what the fields belong to; empty for the props themselves */
function checkFields<T extends object>(fields: Fields<T>, value: object, prop: string, faults: PropFaults): void {
  const prefix = prop === '' ? '' : `${prop}.`;
  const types = Object.entries<Type<unknown> | Mandatory<unknown>>(fields as Record<string, Type<unknown>>);
  const values = new Map<string, unknown>(Object.entries(value));
  for (const [name, type] of types) {
    const got = values.get(name);
    if (got !== undefined) {
      check('required' in type ? type.required : type, got, prefix + name, faults);
    } else if ('required' in type) {
      faults.addMissing(prefix + name, `it must be ${type.required.description}.`);
    }
  }
  const known = types.map(([name]) => name);
  for (const [name, got] of values) {
    if (got !== undefined && !known.includes(name)) {
      const similar = known.filter((each) => isSimilar(each, name)).map((each) => `'${prefix}${each}'`);
      const advice =
        similar.length > 0
          ? `Did you mean ${similar.slice(0, MOST_SUGGESTIONS).join(' or ')}?`
          : 'cdk8s-whisper-stt/docs/API.md lists what there is.';
      faults.add('prop-unknown', prefix + name, described(got), `there is no such prop. ${advice}`);
    }
  }
}

function check<T>(type: Type<T>, value: unknown, prop: string, faults: PropFaults): void {
  if (type.is(value)) {
    type.inside?.(value, prop, faults);
  } else {
    faults.add('prop-type', prop, described(value), `it must be ${type.description}.`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Values as short as a message wants them. */
function described(value: unknown): string | number | boolean | null | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null ? null : Array.isArray(value) ? 'a list' : 'an object';
    default:
      return `a ${typeof value}`;
  }
}

const MOST_SUGGESTIONS = 3;

/** `replicas` is in `minReplicas`, `cpuses` begins with `cpus`, and `memroy` is two letters from `memory`. */
function isSimilar(known: string, name: string): boolean {
  const [one, other] = [known.toLowerCase(), name.toLowerCase()];
  return (other.length > 2 && one.includes(other)) || other.startsWith(one) || editDistance(one, other) <= 2;
}

/** Levenshtein's, of words as short as props are. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (const [i, letter] of Array.from(one).entries()) {
    const next = [i + 1];
    for (const [j, each] of Array.from(other).entries()) {
      next.push(Math.min(row[j]! + Number(letter !== each), row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}
