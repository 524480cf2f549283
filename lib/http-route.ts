import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  HttpRoute,
  HttpRouteSpecRulesMatchesHeadersType,
  HttpRouteSpecRulesMatchesPathType,
  type HttpRouteSpecRules,
  type HttpRouteSpecRulesMatches,
} from '../imports/gateway.networking.k8s.io';
import { DRAIN } from './contract';
import { DEFAULT_PATHS, ExposureChecks } from './exposure';
import type { Identity } from './identity';
import { NetworkPeer } from './network-peer';
import type { PropFaults } from './prop-faults';

/** How callers outside of the cluster reach the service, by a Gateway. */
export interface HttpRouteProps {
  /**
   * Emits an HTTPRoute of the Gateway API (v1), which the cluster must have.
   *
   * @default - no HTTPRoute
   */
  readonly httpRoute?: HttpRouteOptions;
}

/** An HTTPRoute with timeouts that long audio and WebSockets outlive. TLS is the Gateway's. */
export interface HttpRouteOptions {
  /** Name of the Gateway. */
  readonly gateway: string;

  /**
   * Namespace of the Gateway. Its listener must allow routes from the service's namespace.
   *
   * @default - the service's own namespace
   */
  readonly gatewayNamespace?: string;

  /**
   * The Gateway's listener, for example `https`.
   *
   * @default - every listener that allows the route
   */
  readonly sectionName?: string;

  /**
   * DNS names under which callers reach the service.
   *
   * @default - those of the listener
   */
  readonly hostnames?: string[];

  /**
   * Path prefixes that are reachable from outside.
   *
   * @default ['/v1']
   */
  readonly paths?: string[];

  /**
   * Where the pods of the Gateway's implementation are, for the NetworkPolicy.
   *
   * @default - every pod of the Gateway's namespace
   */
  readonly proxy?: NetworkPeer;
}

/**
 * The server's timeout counts the upload too. A Gateway that holds a body back until it is whole begins earlier: these are
 * the seconds of 25 MiB at 7 Mbit/s.
 */
const UPLOAD_SECONDS = 30;

/** A WebSocket lasts as long as its call. Gateways read zero as "no timeout". */
const NO_TIMEOUT = '0s';

/** A route that can be emitted. */
export class HttpRouteExposure {
  readonly proxy: NetworkPeer;
  readonly #options: HttpRouteOptions;
  readonly #requestTimeoutSeconds: number;

  private constructor(
    options: HttpRouteOptions,
    identity: Identity,
    requestTimeoutSeconds: number,
    faults: PropFaults,
  ) {
    const { gateway, gatewayNamespace, sectionName, hostnames = [], paths = DEFAULT_PATHS } = options;
    const checks = new ExposureChecks('httpRoute', 'http-route-invalid', faults);
    for (const [field, name] of Object.entries({ gateway, gatewayNamespace, sectionName })) {
      if (name !== undefined) {
        checks.objectName(field, name);
      }
    }
    hostnames.forEach((host, index) => {
      checks.host(`hostnames[${index}]`, host);
    });
    checks.paths(paths);
    this.#options = options;
    this.#requestTimeoutSeconds = requestTimeoutSeconds;
    this.proxy = options.proxy ?? NetworkPeer.namespace(gatewayNamespace ?? identity.namespace);
    if (options.proxy) {
      checks.proxy(options.proxy);
    }
  }

  /** @returns undefined where no route is asked for */
  static of(
    props: HttpRouteProps,
    identity: Identity,
    requestTimeoutSeconds: number,
    faults: PropFaults,
  ): HttpRouteExposure | undefined {
    return props.httpRoute && new HttpRouteExposure(props.httpRoute, identity, requestTimeoutSeconds, faults);
  }

  create(scope: Construct, identity: Identity, port: number): ApiObject {
    const { gateway, gatewayNamespace, sectionName, hostnames, paths = DEFAULT_PATHS } = this.#options;
    const backendRefs = [{ group: '', kind: 'Service', name: identity.name, port, weight: 1 }];
    // Later than the server's own timeout, so that callers get its answer and not the Gateway's.
    const backendRequest = this.#requestTimeoutSeconds + DRAIN.marginSeconds;
    const rules: HttpRouteSpecRules[] = [
      // More matches go before fewer, whatever the order.
      {
        matches: paths.map((path) => ({ ...prefix(path), headers: [UPGRADE_TO_WEBSOCKET] })),
        timeouts: { request: NO_TIMEOUT },
        backendRefs,
      },
      {
        matches: paths.map(prefix),
        timeouts: { request: `${backendRequest + UPLOAD_SECONDS}s`, backendRequest: `${backendRequest}s` },
        backendRefs,
      },
    ];
    return new HttpRoute(scope, 'HttpRoute', {
      metadata: identity.metadata(),
      spec: {
        parentRefs: [
          {
            group: 'gateway.networking.k8s.io',
            kind: 'Gateway',
            name: gateway,
            namespace: gatewayNamespace ?? identity.namespace,
            sectionName,
          },
        ],
        hostnames,
        rules,
      },
    });
  }
}

const UPGRADE_TO_WEBSOCKET = {
  type: HttpRouteSpecRulesMatchesHeadersType.EXACT,
  name: 'Upgrade',
  value: 'websocket',
};

function prefix(path: string): HttpRouteSpecRulesMatches {
  return { path: { type: HttpRouteSpecRulesMatchesPathType.PATH_PREFIX, value: path } };
}
