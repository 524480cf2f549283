import { ApiObject, JsonPatch } from 'cdk8s';
import {
  Deployment,
  ImagePullPolicy,
  k8s,
  LabelSelector,
  Pod,
  Protocol,
  type ContainerProps,
  type ServiceAccount,
} from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { PORT_NAME } from './contract';
import type { Identity } from './identity';
import type { ImageReference } from './image-reference';
import type { ModelStore } from './model-source';
import { isObjectName } from './object-name';
import { DEPLOYMENT_EXEMPTIONS, type PodMetadata } from './pod-metadata';
import type { Probes } from './probes';
import type { PropFaults } from './prop-faults';
import type { Rollout } from './rollout';
import type { Scheduling } from './scheduling';
import { CONTAINER_SECURITY_CONTEXT, POD_SECURITY_CONTEXT, writableTmp } from './security';
import { serverEnvironment, type ServerSettings } from './server-environment';
import type { Sidecars } from './sidecar';

/** What the pods run. */
export interface WorkloadProps {
  /**
   * Container image of the server, for example `registry.example.com/voice/stt-service:v1.0.16-amd64`.
   *
   * A tag is for people; append `@sha256:…`, or give `imageDigest`, to say exactly which image.
   */
  readonly image: string;

  /**
   * Digest of the image, `sha256:` and 64 hex digits: what a build pipeline knows after it has pushed the tag.
   *
   * @default - what `image` says; without a digest, whatever the tag points at when a pod starts
   */
  readonly imageDigest?: string;

  /**
   * When the kubelet asks the registry for the server's image.
   *
   * A tag can be pushed anew, so `ALWAYS`; with a digest it costs one request, and still checks that the pod may pull.
   *
   * @default ImagePullPolicy.ALWAYS
   */
  readonly imagePullPolicy?: ImagePullPolicy;

  /**
   * Names of the Secrets (`kubernetes.io/dockerconfigjson`) of the namespace that log in to the registries.
   *
   * @default - none: the registry is public, or the nodes log in
   */
  readonly imagePullSecrets?: string[];
}

export interface WorkloadParts extends ServerSettings {
  readonly identity: Identity;
  readonly image: ImageReference;
  readonly pull: ImagePull;
  readonly probes: Probes;
  readonly serviceAccount: ServiceAccount;
  readonly modelStore: ModelStore;
  readonly sidecars: Sidecars;
  readonly rollout: Rollout;
  readonly scheduling: Scheduling;
  readonly podMetadata: PodMetadata;
}

/** How the server's image is pulled. */
export class ImagePull {
  readonly policy: ImagePullPolicy;
  readonly secrets: readonly string[];

  constructor(props: WorkloadProps, faults: PropFaults) {
    this.policy = props.imagePullPolicy ?? ImagePullPolicy.ALWAYS;
    this.secrets = props.imagePullSecrets ?? [];
    for (const [index, name] of this.secrets.entries()) {
      if (!isObjectName(name)) {
        faults.add('image-pull-secret-invalid', `imagePullSecrets[${index}]`, name, 'it must be the name of a Secret.');
      }
    }
  }
}

export function createDeployment(scope: Construct, parts: WorkloadParts): Deployment {
  const { identity, rollout, sidecars } = parts;
  const models = parts.modelStore.toVolume(scope, parts.sizing.toResources());
  const initContainers = [...models.initContainers, ...sidecars.toInitContainers()];
  const deployment = new Deployment(scope, 'Deployment', {
    metadata: { ...identity.metadata(), annotations: { ...DEPLOYMENT_EXEMPTIONS } },
    podMetadata: parts.podMetadata.toMetadata(scope),
    // The default selector is a hash of the construct's path: a renamed construct could not be applied any more.
    select: false,
    serviceAccount: parts.serviceAccount,
    automountServiceAccountToken: false,
    securityContext: POD_SECURITY_CONTEXT,
    terminationGracePeriod: parts.drain.toGracePeriod(),
    minReady: rollout.minReady,
    progressDeadline: rollout.progressDeadline,
    strategy: rollout.strategy,
    initContainers,
    containers: [
      {
        ...serverContainer(parts),
        volumeMounts: [writableTmp(scope), ...models.mounts, ...parts.apiKeys.toMounts(scope)],
      },
      ...sidecars.toContainers(),
    ],
  });
  deployment.select(LabelSelector.of({ labels: identity.selector }));
  // What cdk8s-plus's own connections select by; its default is the hash of the construct's path again.
  deployment.podMetadata.addLabel(Pod.ADDRESS_LABEL, identity.name);
  const copied = models.initContainers.map(() => serverDisk(parts));
  ApiObject.of(deployment).addJsonPatch(
    // Fields that cdk8s-plus-28 has no props for.
    JsonPatch.add('/spec/revisionHistoryLimit', rollout.revisionHistoryLimit),
    // No variable for each Service of the namespace in the server's environment.
    JsonPatch.add(`${POD}/enableServiceLinks`, false),
    JsonPatch.add(`${POD}/securityContext/seccompProfile`, { type: 'RuntimeDefault' }),
    ...imagePullSecrets(parts.pull),
    ...diskOf('initContainers', [...copied, ...sidecars.initEphemeralStorages]),
    ...diskOf('containers', [serverDisk(parts), ...sidecars.ephemeralStorages]),
    ...Object.entries(parts.device.toExtendedResources()).flatMap(([name, amount]) =>
      requestAndLimit('containers/0', name, amount),
    ),
    ...preStop(parts),
  );
  parts.modelStore.patch(deployment);
  parts.scheduling.constrain(deployment);
  return deployment;
}

const POD = '/spec/template/spec';

function serverContainer(parts: WorkloadParts): ContainerProps {
  return {
    name: parts.identity.name,
    image: parts.image.text,
    imagePullPolicy: parts.pull.policy,
    ports: [{ name: PORT_NAME, number: parts.port, protocol: Protocol.TCP }],
    envVariables: serverEnvironment(parts),
    resources: parts.sizing.toResources(),
    ...parts.probes.toContainerProbes(parts.port),
    securityContext: CONTAINER_SECURITY_CONTEXT,
  };
}

/** Copied models are the pod's, and count against the limits of its containers. */
function serverDisk({ sizing, modelStore }: WorkloadParts): number {
  return sizing.ephemeralStorage.toMebibytes() + modelStore.size.toMebibytes();
}

/** cdk8s-plus-28 takes this one resource in whole gibibytes only (cdk8s-plus#1950). */
function diskOf(list: string, mebibytes: readonly number[]): JsonPatch[] {
  return mebibytes.flatMap((amount, index) => requestAndLimit(`${list}/${index}`, 'ephemeral-storage', `${amount}Mi`));
}

/** One value for both, or the API server refuses an extended resource. */
function requestAndLimit(container: string, resource: string, amount: string): JsonPatch[] {
  const key = resource.replace(/\//g, '~1');
  return ['requests', 'limits'].map((kind) =>
    JsonPatch.add(`${POD}/${container}/resources/${kind}/${key}`, k8s.Quantity.fromString(amount)),
  );
}

function imagePullSecrets({ secrets }: ImagePull): JsonPatch[] {
  return secrets.length === 0
    ? []
    : [
        JsonPatch.add(
          `${POD}/imagePullSecrets`,
          secrets.map((name) => ({ name })),
        ),
      ];
}

/** The time in which endpoints are withdrawn, before SIGTERM; what has no such field waits in the server. */
function preStop({ drain: { preStopSleepSeconds: seconds } }: WorkloadParts): JsonPatch[] {
  return seconds === undefined
    ? []
    : [JsonPatch.add(`${POD}/containers/0/lifecycle`, { preStop: { sleep: { seconds } } })];
}
