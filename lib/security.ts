import { Size } from 'cdk8s';
import {
  Capability,
  FsGroupChangePolicy,
  SeccompProfileType,
  ServiceAccount,
  Volume,
  type ContainerSecurityContextProps,
  type PodSecurityContextProps,
  type VolumeMount,
} from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Identity } from './identity';

/**
 * User and group of the server. Above 10000, so that it meets no user of the host (Trivy KSV-0020, KSV-0021).
 *
 * A number, because `runAsNonRoot` refuses an image whose USER is a name.
 */
const SERVER_ID = 10001;

/** Room for temporary files, on the node's disk: in memory it would count against the container's limit. */
export const TMP_SIZE = Size.mebibytes(32);

export const POD_SECURITY_CONTEXT: PodSecurityContextProps = {
  ensureNonRoot: true,
  user: SERVER_ID,
  group: SERVER_ID,
  fsGroup: SERVER_ID,
  fsGroupChangePolicy: FsGroupChangePolicy.ON_ROOT_MISMATCH,
};

/** Stated on the container again: scanners do not look at the pod's (Trivy KSV-0012, KSV-0020, KSV-0021, KSV-0030). */
export const CONTAINER_SECURITY_CONTEXT: ContainerSecurityContextProps = {
  ensureNonRoot: true,
  user: SERVER_ID,
  group: SERVER_ID,
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: [Capability.ALL] },
  seccompProfile: { type: SeccompProfileType.RUNTIME_DEFAULT },
};

/** An account of its own, without a token: the server never calls the Kubernetes API. */
export function createServiceAccount(scope: Construct, identity: Identity): ServiceAccount {
  return new ServiceAccount(scope, 'ServiceAccount', { metadata: identity.metadata(), automountToken: false });
}

/** The one place where the server may write. */
export function writableTmp(scope: Construct): VolumeMount {
  return { path: '/tmp', volume: Volume.fromEmptyDir(scope, 'Tmp', 'tmp', { sizeLimit: TMP_SIZE }) };
}
