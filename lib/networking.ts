import { ApiObject, JsonPatch } from 'cdk8s';
import { Protocol, Service, ServiceType } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { CONTAINER_PORT, PORT_NAME } from './contract';
import type { Identity } from './identity';
import type { KubernetesVersion } from './kubernetes-version';
import type { PropFaults } from './prop-faults';
import type { Warnings } from './warnings';

/** How callers reach the pods. */
export interface NetworkingProps {
  /**
   * TCP port of the Service, and of the server in its container.
   *
   * @default 8000
   */
  readonly port?: number;

  /**
   * Whether callers are sent to a pod of their own zone where there is one: less latency, and no traffic between zones
   * to pay for. A zone with many callers and few pods is then busier than the others, and the autoscaler, which looks
   * at the average, does not see it.
   *
   * On Kubernetes before 1.33 it changes nothing: callers are sent to any pod.
   *
   * @default false
   */
  readonly preferSameZone?: boolean;
}

/** `trafficDistribution: PreferClose` is generally available since 1.33; 1.35 has it by its clearer name. */
const PREFER_CLOSE_MINOR = 33;
const PREFER_SAME_ZONE_MINOR = 35;

export function listeningPort(props: NetworkingProps, faults: PropFaults): number {
  return faults.wholeNumber('port-invalid', 'port', props.port ?? CONTAINER_PORT, {
    min: 1024,
    max: 65_535,
    remedy: 'The server has no privileges, and ports below 1024 may need some.',
  });
}

/** @returns undefined where callers may be sent to any pod */
export function trafficDistribution(
  props: NetworkingProps,
  version: KubernetesVersion,
  warnings: Warnings,
): string | undefined {
  if (!(props.preferSameZone ?? false)) {
    return undefined;
  }
  if (!version.atLeast(PREFER_CLOSE_MINOR)) {
    warnings.add(
      'same-zone-unsupported',
      `preferSameZone needs Kubernetes 1.${PREFER_CLOSE_MINOR}, and kubernetesVersion is ${version.toString()}: callers ` +
        'are sent to any pod. Raise kubernetesVersion, or leave it out.',
    );
    return undefined;
  }
  return version.atLeast(PREFER_SAME_ZONE_MINOR) ? 'PreferSameZone' : 'PreferClose';
}

export function createService(
  scope: Construct,
  identity: Identity,
  port: number,
  distribution: string | undefined,
): Service {
  const service = new Service(scope, 'Service', {
    metadata: identity.metadata(),
    type: ServiceType.CLUSTER_IP,
    ports: [{ name: PORT_NAME, port, targetPort: port, protocol: Protocol.TCP }],
  });
  // By the stable labels: `selector: deployment` would select by a hash of the construct's path.
  for (const [key, value] of Object.entries(identity.selector)) {
    service.selectLabel(key, value);
  }
  ApiObject.of(service).addJsonPatch(
    // cdk8s-plus-28 has no prop for it; meshes and gateways read the protocol from here.
    JsonPatch.add('/spec/ports/0/appProtocol', 'http'),
    // cdk8s-plus-28 always writes an empty list, which scanners report (Trivy KSV-0108).
    JsonPatch.remove('/spec/externalIPs'),
  );
  if (distribution !== undefined) {
    ApiObject.of(service).addJsonPatch(JsonPatch.add('/spec/trafficDistribution', distribution));
  }
  return service;
}
