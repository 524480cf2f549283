import { Duration, type ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { checkAnnotations } from './annotations';
import { DRAIN, PORT_NAME } from './contract';
import { DEFAULT_PATHS, ExposureChecks } from './exposure';
import type { Identity } from './identity';
import { NetworkPeer } from './network-peer';
import type { PropFaults } from './prop-faults';
import type { Warnings } from './warnings';

/** How callers outside of the cluster reach the service, by an Ingress. */
export interface IngressProps {
  /**
   * Emits an Ingress with TLS.
   *
   * @default - no Ingress
   */
  readonly ingress?: IngressOptions;
}

/** An Ingress with TLS, and with timeouts that long audio and WebSockets outlive. */
export interface IngressOptions {
  /** DNS name under which callers reach the service, for example `stt.example.com`. */
  readonly host: string;

  /**
   * Name of the IngressClass.
   *
   * Where it has `nginx` in its name, timeouts and body size are annotations of ingress-nginx
   * (`nginx.ingress.kubernetes.io/…`); give those of another controller with `annotations`.
   *
   * @default 'nginx'
   */
  readonly className?: string;

  /**
   * Secret of the namespace with the certificate (type `kubernetes.io/tls`), put there by you or by cert-manager.
   *
   * @default - `<name>-tls`
   */
  readonly tlsSecretName?: string;

  /**
   * Path prefixes that are reachable from outside.
   *
   * @default ['/v1']
   */
  readonly paths?: string[];

  /**
   * Longest silence on a connection: until an answer begins, and between two messages of a WebSocket. Whole seconds,
   * at least the `requestTimeout` and 10 s.
   *
   * @default Duration.hours(1)
   */
  readonly idleTimeout?: Duration;

  /**
   * Annotations added to the Ingress, for example `cert-manager.io/cluster-issuer`; they go before the construct's own.
   *
   * @default - those of ingress-nginx alone
   */
  readonly annotations?: Record<string, string>;

  /**
   * Where the controller's pods are, for the NetworkPolicy.
   *
   * @default NetworkPeer.namespace('ingress-nginx')
   */
  readonly proxy?: NetworkPeer;
}

const DEFAULT_CLASS = 'nginx';
const DEFAULT_PROXY_NAMESPACE = 'ingress-nginx';
const DEFAULT_IDLE_TIMEOUT = Duration.hours(1);

/** What the server takes, which the proxy in front of it must let pass. */
interface ServerLimits {
  readonly requestTimeoutSeconds: number;
  readonly maxBodyBytes: number;
}

/** An Ingress that can be emitted. */
export class IngressExposure {
  readonly proxy: NetworkPeer;
  readonly #options: IngressOptions;
  readonly #idleTimeoutSeconds: number;
  readonly #maxBodyBytes: number;

  private constructor(options: IngressOptions, server: ServerLimits, faults: PropFaults) {
    const checks = new ExposureChecks('ingress', 'ingress-invalid', faults);
    checks.host('host', options.host);
    checks.objectName('className', options.className ?? DEFAULT_CLASS);
    if (options.tlsSecretName !== undefined) {
      checks.objectName('tlsSecretName', options.tlsSecretName);
    }
    checks.paths(options.paths ?? DEFAULT_PATHS);
    checkAnnotations('ingress.annotations', options.annotations ?? {}, faults);
    this.#options = options;
    this.#maxBodyBytes = server.maxBodyBytes;
    this.proxy = options.proxy ?? NetworkPeer.namespace(DEFAULT_PROXY_NAMESPACE);
    checks.proxy(this.proxy);
    this.#idleTimeoutSeconds = faults.wholeSeconds(
      'ingress-invalid',
      'ingress.idleTimeout',
      options.idleTimeout ?? DEFAULT_IDLE_TIMEOUT,
      {
        // Later than the server's own timeout, so that callers get its answer and not the proxy's.
        min: server.requestTimeoutSeconds + DRAIN.marginSeconds,
        remedy: `That is 'requestTimeout' and ${DRAIN.marginSeconds} s: the proxy would cut off what the server still answers.`,
      },
    );
  }

  /** @returns undefined where no Ingress is asked for */
  static of(
    { ingress }: IngressProps,
    server: ServerLimits,
    faults: PropFaults,
    warnings: Warnings,
  ): IngressExposure | undefined {
    if (ingress === undefined) {
      return undefined;
    }
    warnOfOtherControllers(ingress, warnings);
    return new IngressExposure(ingress, server, faults);
  }

  /** Keys of the annotations that the user gave. */
  get annotationNames(): string[] {
    return Object.keys(this.#options.annotations ?? {});
  }

  create(scope: Construct, identity: Identity): ApiObject {
    const { host, className = DEFAULT_CLASS, tlsSecretName, paths = DEFAULT_PATHS, annotations } = this.#options;
    const service = { name: identity.name, port: { name: PORT_NAME } };
    return new k8s.KubeIngress(scope, 'Ingress', {
      metadata: {
        ...identity.metadata(),
        annotations: { ...(isNginx(className) ? this.#nginxAnnotations() : {}), ...annotations },
      },
      spec: {
        ingressClassName: className,
        tls: [{ hosts: [host], secretName: tlsSecretName ?? `${identity.name}-tls` }],
        rules: [{ host, http: { paths: paths.map((path) => ({ path, pathType: 'Prefix', backend: { service } })) } }],
      },
    });
  }

  /** By default ingress-nginx cuts a silent connection after 60 s and takes 1 MiB. */
  #nginxAnnotations(): Record<string, string> {
    const idle = String(this.#idleTimeoutSeconds);
    const annotations = {
      'proxy-read-timeout': idle,
      'proxy-send-timeout': idle,
      // One more than the server takes, so that too large a body gets the server's answer and not the proxy's.
      'proxy-body-size': `${Math.ceil(this.#maxBodyBytes / 1024 ** 2) + 1}m`,
      // Audio reaches the server while it is still being uploaded, and is not written to the proxy's disk.
      'proxy-request-buffering': 'off',
    };
    return Object.fromEntries(
      Object.entries(annotations).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]),
    );
  }
}

/** Another controller reads other annotations, and its pods are elsewhere. */
function warnOfOtherControllers(
  { className = DEFAULT_CLASS, annotations, proxy }: IngressOptions,
  warnings: Warnings,
): void {
  const missing = Object.entries({ annotations, proxy }).flatMap(([name, value]) =>
    value === undefined ? [name] : [],
  );
  if (!isNginx(className) && missing.length > 0) {
    warnings.add(
      'ingress-class-unknown',
      `ingress.className is ${className}, and ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not given: the ` +
        'construct knows the timeouts, the body size and the place of ingress-nginx alone. Give annotations for what your ' +
        'controller is to do, and proxy for where its pods are.',
    );
  }
}

/** Classes of ingress-nginx are called so by custom: `nginx`, `nginx-internal`. */
function isNginx(className: string): boolean {
  return className.includes(DEFAULT_CLASS);
}
