import { Size } from 'cdk8s';
import {
  Container,
  ContainerRestartPolicy,
  EnvValue,
  ImagePullPolicy,
  type ContainerProps,
  type Cpu,
  type Probe,
  type Volume,
  type VolumeMount,
} from 'cdk8s-plus-28';
import { checkEnvNames } from './env-names';
import { ImageReference } from './image-reference';
import type { KubernetesVersion } from './kubernetes-version';
import { ResourceQuantity } from './policy/resource-quantity';
import type { PropFaults } from './prop-faults';
import { CONTAINER_SECURITY_CONTEXT } from './security';

/** Containers that run beside the server. */
export interface SidecarProps {
  /**
   * Further containers of each pod.
   *
   * One number says what a sidecar requests and what it is limited to, so that the pod stays Guaranteed and the server
   * pinned. It is locked down as the server is. For anything else there is `deployment.addContainer`, checked at synth.
   *
   * @default - none
   */
  readonly sidecars?: Sidecar[];
}

/** A container that runs beside the server. */
export interface Sidecar {
  /** Name of the container. */
  readonly name: string;

  /** Container image. */
  readonly image: string;

  /**
   * CPU, requested and limited to, for example `Cpu.millis(100)`.
   *
   * A fraction runs on the CPUs that nobody has pinned; a whole number is pinned, as the server's is.
   */
  readonly cpu: Cpu;

  /** Memory, requested and limited to. Whole mebibytes. */
  readonly memory: Size;

  /**
   * Disk for logs and what the container writes, requested and limited to. Whole mebibytes.
   *
   * @default Size.mebibytes(64)
   */
  readonly ephemeralStorage?: Size;

  /**
   * Whether it is started before the server, and stopped after it: a native sidecar, from `kubernetesVersion` 1.29.
   *
   * Use case: a proxy that the server's connections go through.
   *
   * @default false
   */
  readonly startsFirst?: boolean;

  /**
   * Program to run.
   *
   * @default - the image's entry point
   */
  readonly command?: string[];

  /**
   * Arguments of the program.
   *
   * @default - the image's
   */
  readonly args?: string[];

  /**
   * Environment variables.
   *
   * @default - none
   */
  readonly env?: Record<string, string>;

  /**
   * What to mount where; the root is read-only. The pod has the volumes `tmp`, `models` and `api-keys` already.
   *
   * @default - nothing
   */
  readonly volumeMounts?: VolumeMount[];

  /**
   * When it is restarted. A probe of HTTP or TCP must say its port.
   *
   * @default - when its process ends
   */
  readonly livenessProbe?: Probe;

  /**
   * When the pod gets requests; the server's own probe must agree. A probe of HTTP or TCP must say its port.
   *
   * @default - it does not hold them back
   */
  readonly readinessProbe?: Probe;
}

const DEFAULT_EPHEMERAL_STORAGE = Size.mebibytes(64);

const CONTAINER_NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** Names of the volumes that the server may have: files that it writes, its models and its API keys. */
const POD_VOLUMES = ['tmp', 'models', 'api-keys'];

/** First version that has native sidecars by default (KEP-753; generally available in 1.33). */
const NATIVE_SIDECAR_MINOR = 29;

/** The sidecars of a pod. */
export class Sidecars {
  readonly #sidecars: readonly Sidecar[];

  /** @param taken names of the pod's other containers */
  constructor(props: SidecarProps, taken: readonly string[], version: KubernetesVersion, faults: PropFaults) {
    this.#sidecars = props.sidecars ?? [];
    for (const [index, sidecar] of this.#sidecars.entries()) {
      const prop = `sidecars[${index}]`;
      const others = [...taken, ...this.#sidecars.slice(0, index).map(({ name }) => name)];
      checkName(`${prop}.name`, sidecar.name, others, faults);
      ImageReference.parse(sidecar.image, faults, { prop: `${prop}.image` });
      checkResources(prop, sidecar, faults);
      checkEnvNames(`${prop}.env`, sidecar.env ?? {}, faults);
      checkProbes(prop, sidecar, faults);
      if ((sidecar.startsFirst ?? false) && !version.atLeast(NATIVE_SIDECAR_MINOR)) {
        faults.add(
          'sidecar-unsupported',
          `${prop}.startsFirst`,
          'true',
          `kubernetesVersion is ${version.toString()}, and native sidecars need 1.${NATIVE_SIDECAR_MINOR}. Leave it ` +
            'out, or raise kubernetesVersion where every cluster has it.',
        );
      }
    }
    checkVolumes(this.#sidecars, faults);
  }

  get count(): number {
    return this.#sidecars.length;
  }

  /** Those that start before the server: init containers that go on running. */
  toInitContainers(): ContainerProps[] {
    return this.#of(true).map((sidecar) => ({ ...toContainer(sidecar), restartPolicy: ContainerRestartPolicy.ALWAYS }));
  }

  toContainers(): ContainerProps[] {
    return this.#of(false).map(toContainer);
  }

  /** Disk of each in MiB, in the order of {@link toInitContainers}. */
  get initEphemeralStorages(): number[] {
    return this.#of(true).map(ephemeralStorageOf);
  }

  /** Disk of each in MiB, in the order of {@link toContainers}. */
  get ephemeralStorages(): number[] {
    return this.#of(false).map(ephemeralStorageOf);
  }

  #of(startsFirst: boolean): Sidecar[] {
    return this.#sidecars.filter((sidecar) => (sidecar.startsFirst ?? false) === startsFirst);
  }
}

function ephemeralStorageOf({ ephemeralStorage = DEFAULT_EPHEMERAL_STORAGE }: Sidecar): number {
  return ephemeralStorage.toMebibytes();
}

function toContainer(sidecar: Sidecar): ContainerProps {
  const { name, image, cpu, memory, command, args, env = {}, volumeMounts } = sidecar;
  return {
    name,
    image,
    command,
    args,
    imagePullPolicy: ImagePullPolicy.ALWAYS,
    envVariables: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, EnvValue.fromValue(value)])),
    resources: { cpu: { request: cpu, limit: cpu }, memory: { request: memory, limit: memory } },
    securityContext: CONTAINER_SECURITY_CONTEXT,
    liveness: sidecar.livenessProbe,
    readiness: sidecar.readinessProbe,
    volumeMounts,
  };
}

function checkName(prop: string, name: string, taken: readonly string[], faults: PropFaults): void {
  if (!CONTAINER_NAME.test(name)) {
    faults.add('sidecar-invalid', prop, name, 'it must be lower-case letters, digits and "-", at most 63 characters.');
  } else if (taken.includes(name)) {
    faults.add('sidecar-invalid', prop, name, 'another container of the pod has it. Give each its own.');
  }
}

/** Two volumes of one name: cdk8s-plus would throw without saying where. */
function checkVolumes(sidecars: readonly Sidecar[], faults: PropFaults): void {
  const named = new Map<string, Volume>();
  for (const [index, { volumeMounts = [] }] of sidecars.entries()) {
    for (const [position, { volume }] of volumeMounts.entries()) {
      const { name } = volume;
      if (POD_VOLUMES.includes(name) || (named.get(name) ?? volume) !== volume) {
        faults.add(
          'sidecar-invalid',
          `sidecars[${index}].volumeMounts[${position}].volume`,
          name,
          'another volume of the pod has that name. Give each its own.',
        );
      }
      named.set(name, volume);
    }
  }
}

function checkProbes(prop: string, sidecar: Sidecar, faults: PropFaults): void {
  for (const field of ['livenessProbe', 'readinessProbe'] as const) {
    const probe = sidecar[field];
    if (probe && !hasPort(probe)) {
      faults.add(
        'sidecar-invalid',
        `${prop}.${field}`,
        'no port',
        "it would ask port 80, which cdk8s-plus falls back to. Give the sidecar's, for example { port: 9000 }.",
      );
    }
  }
}

/** cdk8s-plus keeps the options of a probe to itself: without a port of its own a probe follows the container's. */
function hasPort(probe: Probe): boolean {
  const [first, second] = [1, 2].map((portNumber) =>
    JSON.stringify(probe._toKube(new Container({ image: 'any', portNumber }))),
  );
  return first === second;
}

function checkResources(prop: string, { cpu, memory, ephemeralStorage }: Sidecar, faults: PropFaults): void {
  const cpus = ResourceQuantity.parse(cpu.amount)?.toNumber() ?? 0;
  if (cpus <= 0) {
    faults.add(
      'sidecar-invalid',
      `${prop}.cpu`,
      cpu.amount,
      'it must be more than 0. Give, for example, Cpu.millis(100).',
    );
  }
  const remedy = 'A pod with a container that has none is not Guaranteed. Give, for example, Size.mebibytes(64).';
  faults.wholeMebibytes('sidecar-invalid', `${prop}.memory`, memory, { min: 1, remedy });
  if (ephemeralStorage !== undefined) {
    faults.wholeMebibytes('sidecar-invalid', `${prop}.ephemeralStorage`, ephemeralStorage, {
      min: 1,
      remedy: 'A container that has none is evicted with its first line of log.',
    });
  }
}
