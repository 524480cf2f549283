import { ApiObject, Duration, JsonPatch } from 'cdk8s';
import {
  Deployment,
  DeploymentStrategy,
  ImagePullPolicy,
  LabelSelector,
  PercentOrAbsolute,
  Pod,
  Protocol,
  type ServiceAccount,
} from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { PORT_NAME } from './contract';
import type { Identity } from './identity';
import type { ImageReference } from './image-reference';
import type { Probes } from './probes';
import { CONTAINER_SECURITY_CONTEXT, POD_SECURITY_CONTEXT, writableTmp } from './security';
import { serverEnvironment, type ServerSettings } from './server-environment';

/** What the pods run. */
export interface WorkloadProps {
  /**
   * Container image of the server, for example `registry.example.com/voice/stt-service:v1.0.16-amd64`.
   *
   * A tag is for people; append `@sha256:…` to say exactly which image.
   */
  readonly image: string;
}

/** Revisions that `kubectl rollout undo` can go back to. */
const REVISION_HISTORY_LIMIT = 5;

/** A pod that fails right after it became ready must stop a rollout, not join it. */
const MIN_READY = Duration.seconds(10);

export interface WorkloadParts extends ServerSettings {
  readonly identity: Identity;
  readonly image: ImageReference;
  readonly probes: Probes;
  readonly serviceAccount: ServiceAccount;
}

export function createDeployment(scope: Construct, parts: WorkloadParts): Deployment {
  const { identity, image, port, probes, sizing, drain } = parts;
  const deployment = new Deployment(scope, 'Deployment', {
    metadata: identity.metadata(),
    podMetadata: identity.podMetadata(scope),
    // The default selector is a hash of the construct's path: a renamed construct could not be applied any more.
    select: false,
    serviceAccount: parts.serviceAccount,
    automountServiceAccountToken: false,
    securityContext: POD_SECURITY_CONTEXT,
    terminationGracePeriod: drain.toGracePeriod(),
    minReady: MIN_READY,
    // Never fewer pods than the autoscaler asks for; percentages would round to something else at each size.
    strategy: DeploymentStrategy.rollingUpdate({
      maxSurge: PercentOrAbsolute.absolute(1),
      maxUnavailable: PercentOrAbsolute.absolute(0),
    }),
    containers: [
      {
        name: identity.name,
        image: image.text,
        // A tag can be pushed anew; with a digest it costs one request to the registry.
        imagePullPolicy: ImagePullPolicy.ALWAYS,
        ports: [{ name: PORT_NAME, number: port, protocol: Protocol.TCP }],
        envVariables: serverEnvironment(parts),
        resources: sizing.toResources(),
        ...probes.toContainerProbes(port),
        securityContext: CONTAINER_SECURITY_CONTEXT,
        volumeMounts: [writableTmp(scope)],
      },
    ],
  });
  deployment.select(LabelSelector.of({ labels: identity.selector }));
  // What cdk8s-plus's own connections select by; its default is the hash of the construct's path again.
  deployment.podMetadata.addLabel(Pod.ADDRESS_LABEL, identity.name);
  ApiObject.of(deployment).addJsonPatch(
    // Fields that cdk8s-plus-28 has no props for.
    JsonPatch.add('/spec/revisionHistoryLimit', REVISION_HISTORY_LIMIT),
    // No variable for each Service of the namespace in the server's environment.
    JsonPatch.add('/spec/template/spec/enableServiceLinks', false),
    JsonPatch.add('/spec/template/spec/securityContext/seccompProfile', { type: 'RuntimeDefault' }),
  );
  return deployment;
}
