import { isIPv4 } from 'node:net';
import type { ApiKeys } from './api-keys';
import type { HttpRouteProps } from './http-route';
import type { IngressProps } from './ingress';
import type { NetworkPeer } from './network-peer';
import { isObjectName } from './object-name';
import type { PropFaults } from './prop-faults';
import type { Warnings } from './warnings';

/**
 * What the outside may ask for unless told otherwise: the API of OpenAI. Metrics, probes and the routes without a
 * version stay inside of the cluster.
 */
export const DEFAULT_PATHS: readonly string[] = ['/v1'];

/** A DNS name, with `*` for its first part where one certificate and one rule serve many. */
const HOST = /^(?:\*\.)?[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*$/;

/** What gateways take as a path prefix: absolute, without `//`, and ending in a name. */
const PATH = /^\/$|^(?:\/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)+$/;

/** Checks of what `ingress` and `httpRoute` have in common; all with the code of the prop. */
export class ExposureChecks {
  constructor(
    private readonly prop: 'ingress' | 'httpRoute',
    private readonly code: string,
    private readonly faults: PropFaults,
  ) {}

  host(field: string, host: string): void {
    if (isIPv4(host)) {
      this.#fault(field, host, 'Kubernetes takes no address here. Give the DNS name that callers use.');
      return;
    }
    this.#match(HOST, field, host, 'it must be a DNS name in lower case, as "stt.example.com" or "*.example.com".');
  }

  objectName(field: string, name: string): void {
    if (!isObjectName(name)) {
      this.#fault(field, name, 'it must be the name of a Kubernetes object.');
    }
  }

  paths(paths: readonly string[]): void {
    if (paths.length === 0) {
      this.#fault('paths', '[]', 'nothing could be asked for. Leave it out, or give "/".');
    }
    paths.forEach((path, index) => {
      this.#match(PATH, `paths[${index}]`, path, 'it must be an absolute path without "/" at its end, as "/v1".');
    });
  }

  proxy(proxy: NetworkPeer): void {
    proxy._check(`${this.prop}.proxy`, this.faults);
  }

  #match(pattern: RegExp, field: string, value: string, remedy: string): void {
    if (!pattern.test(value)) {
      this.#fault(field, value, remedy);
    }
  }

  #fault(field: string, value: string, remedy: string): void {
    this.faults.add(this.code, `${this.prop}.${field}`, value, remedy);
  }
}

/** Who is reachable from outside of the cluster should know who calls. */
export function warnOfOpenDoors(
  { ingress, httpRoute }: IngressProps & HttpRouteProps,
  keys: ApiKeys,
  warnings: Warnings,
): void {
  const doors = Object.entries({ ingress, httpRoute }).flatMap(([prop, door]) => (door === undefined ? [] : [prop]));
  if (doors.length > 0 && keys.path === undefined) {
    warnings.add(
      'exposed-without-keys',
      `${doors.join(' and ')} ${doors.length > 1 ? 'open' : 'opens'} the service to everybody who reaches the proxy, and ` +
        'nobody has to say who they are. Give apiKeysSecretName, or let the proxy authenticate callers.',
    );
  }
}
