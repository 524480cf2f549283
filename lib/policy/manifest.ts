import { ENV } from '../contract';

/** A Kubernetes object as it will be written, with the fields that rules read. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly template?: { readonly spec?: PodSpec };
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
  };
}

/** The containers of a pod template. */
export interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string | number>>;
    readonly limits?: Readonly<Record<string, string | number>>;
  };
}

/** A container, and where it stands. */
export interface PlacedContainer {
  /** Kind and name of the object, for example `Deployment stt-service`. */
  readonly object: string;

  /** For example `containers[stt-service]`. */
  readonly field: string;

  readonly container: Container;
}

/** Every container of every pod template, init containers too: they count for the quality of service. */
export function containersOf(manifests: readonly Manifest[]): PlacedContainer[] {
  return manifests.flatMap((manifest) => {
    const pod = manifest.spec?.template?.spec;
    const object = objectName(manifest);
    return (['initContainers', 'containers'] as const).flatMap((list) =>
      (pod?.[list] ?? []).map((container) => ({ object, field: `${list}[${container.name}]`, container })),
    );
  });
}

/** Those that run the Whisper server, known by the variable that names its model. */
export function serverContainersOf(manifests: readonly Manifest[]): PlacedContainer[] {
  return containersOf(manifests).filter(({ container }) => container.env?.some(({ name }) => name === ENV.model));
}

/** Kind and name, as `kubectl` takes them. */
export function objectName({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}
