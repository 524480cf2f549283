import { ENV } from '../contract';

/** A Kubernetes object as it will be written, with the fields that rules read. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: PodSpec & {
    readonly template?: PodTemplate;
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplate } };
    readonly replicas?: number;
    readonly strategy?: { readonly rollingUpdate?: { readonly maxSurge?: number | string } };
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
    readonly metrics?: readonly Metric[];
    readonly behavior?: { readonly scaleUp?: ScalingRules; readonly scaleDown?: ScalingRules };
  };
}

/** What a workload makes its pods from. */
export interface PodTemplate {
  readonly spec?: PodSpec;
}

/** The containers of a pod, or of a pod template. */
export interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly image?: { readonly reference?: string } }[];
  readonly terminationGracePeriodSeconds?: number;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly EnvironmentVariable[];
  readonly envFrom?: readonly { readonly secretRef?: { readonly name?: string } }[];
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string | number>>;
    readonly limits?: Readonly<Record<string, string | number>>;
  };
  /** `Always` makes an init container a sidecar. */
  readonly restartPolicy?: string;
  readonly lifecycle?: {
    readonly preStop?: {
      readonly sleep?: { readonly seconds: number };
      readonly exec?: { readonly command?: readonly string[] };
    };
  };
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name?: string } };
}

export interface Probe {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
}

/** A metric of an autoscaler: of whole pods, or of one container of each. */
export interface Metric {
  readonly type: string;
  readonly resource?: MetricSource;
  readonly containerResource?: MetricSource & { readonly container: string };
}

export interface MetricSource {
  readonly name: string;
  readonly target: {
    readonly type?: string;
    readonly averageUtilization?: number;
    readonly averageValue?: string | number;
  };
}

export interface ScalingRules {
  readonly stabilizationWindowSeconds?: number;
  /** `Disabled` for a direction in which the count never moves. */
  readonly selectPolicy?: string;
  readonly policies?: readonly { readonly periodSeconds: number }[];
}

/** A pod, or a pod template, with the Whisper server in it, and where it stands. */
export interface PlacedPod {
  readonly manifest: Manifest;

  /** Kind and name of the object, for example `Deployment stt-service`. */
  readonly object: string;

  readonly pod: PodSpec;
}

/** A container, and where it stands. */
export interface PlacedContainer {
  /** Kind and name of the object, for example `Deployment stt-service`. */
  readonly object: string;

  /** For example `containers[stt-service]`. */
  readonly field: string;

  readonly container: Container;
}

/** An autoscaler, and the pods that it scales. */
export interface PlacedAutoscaler {
  readonly object: string;
  readonly autoscaler: Manifest;
  readonly pod: PodSpec;
}

/** Pods that run the Whisper server. Whatever else an app deploys is none of our business. */
export function whisperPodsOf(manifests: readonly Manifest[]): PlacedPod[] {
  return manifests.flatMap((manifest) => {
    const pod = podOf(manifest);
    return pod?.containers?.some(isServer) ? [{ manifest, object: objectName(manifest), pod }] : [];
  });
}

/** A Pod is its own; a CronJob has its template in that of its jobs; every other workload has one of its own. */
function podOf({ kind, spec }: Manifest): PodSpec | undefined {
  return kind === 'Pod' ? spec : (spec?.template ?? spec?.jobTemplate?.spec?.template)?.spec;
}

/** Every container of every Whisper pod, init containers too: they count for the quality of service. */
export function containersOf(manifests: readonly Manifest[]): PlacedContainer[] {
  return whisperPodsOf(manifests).flatMap(({ object, pod }) =>
    (['initContainers', 'containers'] as const).flatMap((list) =>
      (pod[list] ?? []).map((container) => ({ object, field: `${list}[${container.name}]`, container })),
    ),
  );
}

/** Those that run the Whisper server. */
export function serverContainersOf(manifests: readonly Manifest[]): PlacedContainer[] {
  return containersOf(manifests).filter(({ container }) => isServer(container));
}

/** The autoscalers of Whisper pods. */
export function autoscalersOf(manifests: readonly Manifest[]): PlacedAutoscaler[] {
  const pods = whisperPodsOf(manifests);
  return manifests
    .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
    .flatMap((autoscaler) => {
      const target = autoscaler.spec?.scaleTargetRef;
      const scaled = pods.find(
        ({ manifest }) =>
          manifest.kind === target?.kind &&
          manifest.metadata.name === target.name &&
          manifest.metadata.namespace === autoscaler.metadata.namespace,
      );
      return scaled ? [{ object: objectName(autoscaler), autoscaler, pod: scaled.pod }] : [];
    });
}

/** The server's container is known by the variable that names its model. */
export function isServer({ env }: Container): boolean {
  return env?.some(({ name }) => name === ENV.model) ?? false;
}

/** The value that Kubernetes takes: that of the last variable of the name. */
export function environmentValue({ env }: Container, name: string): string | undefined {
  return env?.filter((variable) => variable.name === name).pop()?.value;
}

/** Kind and name, as `kubectl` takes them. */
export function objectName({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}
