import { ApiObject, JsonPatch } from 'cdk8s';
import { Protocol, Service, ServiceType } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { CONTAINER_PORT, PORT_NAME } from './contract';
import type { Identity } from './identity';
import type { PropFaults } from './prop-faults';

/** How callers reach the pods. */
export interface NetworkingProps {
  /**
   * TCP port of the Service, and of the server in its container.
   *
   * @default 8000
   */
  readonly port?: number;
}

export function listeningPort(props: NetworkingProps, faults: PropFaults): number {
  return faults.wholeNumber('port-invalid', 'port', props.port ?? CONTAINER_PORT, {
    min: 1024,
    max: 65_535,
    remedy: 'The server has no privileges, and ports below 1024 may need some.',
  });
}

export function createService(scope: Construct, identity: Identity, port: number): Service {
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
  return service;
}
