import { Duration } from 'cdk8s';
import { NetworkPeer, type IngressOptions } from '../../lib';
import { failure, synthesize, type SynthesizedObject } from './synthesize';

function ingress(
  options: Partial<IngressOptions> = {},
  props: Parameters<typeof synthesize>[0] = {},
): SynthesizedObject {
  const { objects } = synthesize({ ingress: { host: 'stt.example.com', ...options }, ...props });
  return objects.find(({ kind }) => kind === 'Ingress')!;
}

describe('the Ingress', () => {
  test('is emitted only when asked for', () => {
    const { objects, service } = synthesize();

    expect(objects.map(({ kind }) => kind)).not.toContain('Ingress');
    expect(service.ingress).toBeUndefined();
  });

  test('serves the API under the host, with TLS, by the name of the port', () => {
    expect(ingress()).toMatchObject({
      apiVersion: 'networking.k8s.io/v1',
      metadata: { name: 'stt-service', namespace: 'voice-agent-phase5' },
      spec: {
        ingressClassName: 'nginx',
        tls: [{ hosts: ['stt.example.com'], secretName: 'stt-service-tls' }],
        rules: [
          {
            host: 'stt.example.com',
            http: {
              paths: [
                {
                  path: '/v1',
                  pathType: 'Prefix',
                  backend: { service: { name: 'stt-service', port: { name: 'http' } } },
                },
              ],
            },
          },
        ],
      },
    });
  });

  test('keeps metrics and probes inside of the cluster', () => {
    expect(JSON.stringify(ingress())).not.toMatch(/metrics|livez|readyz|startupz|"path":"\/"/);
  });

  test('has timeouts that a silent hour outlives, and takes the largest body that the server takes', () => {
    expect(ingress()).toHaveProperty('metadata.annotations', {
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
      'nginx.ingress.kubernetes.io/proxy-send-timeout': '3600',
      'nginx.ingress.kubernetes.io/proxy-body-size': '26m',
      'nginx.ingress.kubernetes.io/proxy-request-buffering': 'off',
    });
  });

  test('takes larger bodies where the server does', () => {
    const env = { STT_MAX_BODY_BYTES: String(100 * 1024 ** 2) };

    expect(synthesize({ ingress: { host: 'stt.example.com' }, env }).objects).toContainEqual(
      expect.objectContaining({
        kind: 'Ingress',
        metadata: expect.objectContaining({
          annotations: expect.objectContaining({ 'nginx.ingress.kubernetes.io/proxy-body-size': '101m' }) as unknown,
        }) as unknown,
      }),
    );
  });

  test('is what its options say', () => {
    const object = ingress({
      className: 'nginx-internal',
      tlsSecretName: 'voice-certificate',
      paths: ['/v1', '/transcribe'],
      idleTimeout: Duration.minutes(5),
      annotations: {
        'cert-manager.io/cluster-issuer': 'letsencrypt',
        'nginx.ingress.kubernetes.io/proxy-body-size': '100m',
      },
    });

    expect(object).toMatchObject({
      metadata: {
        annotations: {
          'cert-manager.io/cluster-issuer': 'letsencrypt',
          'nginx.ingress.kubernetes.io/proxy-body-size': '100m',
          'nginx.ingress.kubernetes.io/proxy-read-timeout': '300',
          'nginx.ingress.kubernetes.io/proxy-send-timeout': '300',
        },
      },
      spec: {
        ingressClassName: 'nginx-internal',
        tls: [{ secretName: 'voice-certificate' }],
        rules: [{ http: { paths: [{ path: '/v1' }, { path: '/transcribe' }] } }],
      },
    });
  });

  test('may have one certificate for many hosts', () => {
    expect(ingress({ host: '*.example.com' })).toMatchObject({ spec: { rules: [{ host: '*.example.com' }] } });
  });

  test('with an idle timeout that is not 10 s above the request timeout is refused: the proxy would cut requests off', () => {
    const short = { idleTimeout: Duration.seconds(69) };

    expect(failure(() => ingress(short))).toContain(
      '[ingress-invalid] ingress.idleTimeout is "69 s": it must be whole seconds of at least 70. That is \'requestTimeout\' and 10 s: the proxy would cut off',
    );
    expect(failure(() => ingress(short, { requestTimeout: Duration.seconds(59) }))).toBe('');
  });

  test.each<[Partial<IngressOptions>, string]>([
    [{ host: '' }, 'ingress.host is ""'],
    [{ host: 'https://stt.example.com' }, 'ingress.host is "https://stt.example.com"'],
    [{ host: 'STT.example.com' }, 'ingress.host is "STT.example.com"'],
    [{ host: '192.0.2.1' }, 'ingress.host is "192.0.2.1"'],
    [{ host: '2001:db8::1' }, 'ingress.host is "2001:db8::1"'],
    [{ tlsSecretName: 'a..b' }, 'ingress.tlsSecretName is "a..b"'],
    [{ host: 'stt.*.com' }, 'ingress.host is "stt.*.com"'],
    [{ className: 'Nginx' }, 'ingress.className is "Nginx"'],
    [{ tlsSecretName: '' }, 'ingress.tlsSecretName is ""'],
    [{ paths: [] }, 'ingress.paths is "[]"'],
    [{ paths: ['/v1', 'v2'] }, 'ingress.paths[1] is "v2"'],
    [{ paths: ['/v1/'] }, 'ingress.paths[0] is "/v1/"'],
    [{ paths: ['/v1//audio'] }, 'ingress.paths[0] is "/v1//audio"'],
  ])('%j is refused', (options, fault) => {
    expect(failure(() => ingress(options))).toContain(`[ingress-invalid] ${fault}: `);
  });

  test.each(['a b', 'x..y/z', '/z', ''])('takes no annotation %j', (key) => {
    expect(failure(() => ingress({ annotations: { [key]: '1' } }))).toContain(
      `[annotation-invalid] ingress.annotations[${JSON.stringify(key)}] is "1"`,
    );
  });

  test.each(['resourceQuota', 'limitRange'])('warns that %s leaves cert-manager no pod', (guard) => {
    const annotations = { 'cert-manager.io/cluster-issuer': 'letsencrypt' };
    const warnings = (props: Parameters<typeof synthesize>[0]): string => synthesize(props).service.warnings.join();
    const host = 'stt.example.com';

    expect(warnings({ [guard]: true, ingress: { host, annotations } })).toContain(
      `[certificate-solver-blocked] ingress.annotations has cert-manager.io/cluster-issuer, and ${guard} has no room`,
    );
    expect(warnings({ [guard]: true, ingress: { host } })).not.toContain('certificate-solver-blocked');
    expect(warnings({ ingress: { host, annotations } })).not.toContain('certificate-solver-blocked');
  });

  test('the whole server can be given away', () => {
    expect(ingress({ paths: ['/'] })).toMatchObject({ spec: { rules: [{ http: { paths: [{ path: '/' }] } }] } });
  });

  test('a proxy that is no peer is refused', () => {
    expect(failure(() => ingress({ proxy: NetworkPeer.pods({}) }))).toContain('[peer-invalid] ingress.proxy');
  });

  test('of another class has none of the annotations of ingress-nginx', () => {
    expect(ingress({ className: 'traefik', annotations: { 'traefik.io/timeout': '3600' } })).toHaveProperty(
      'metadata.annotations',
      { 'traefik.io/timeout': '3600' },
    );
  });

  test.each([
    [{ className: 'traefik' }, 'annotations and proxy are not given'],
    [{ className: 'traefik', proxy: NetworkPeer.namespace('traefik') }, 'annotations is not given'],
  ])('with %j says that another controller reads other annotations', (options, message) => {
    const { service } = synthesize({ ingress: { host: 'stt.example.com', ...options }, apiKeysSecretName: 'callers' });

    expect(service.warnings).toEqual([
      expect.stringContaining(`[ingress-class-unknown] ingress.className is traefik, and ${message}`),
    ]);
  });

  test.each([
    {},
    { className: 'nginx-internal' },
    { className: 'traefik', proxy: NetworkPeer.namespace('traefik'), annotations: { 'traefik.io/timeout': '3600' } },
  ])('with %j has nothing to say about annotations', (options) => {
    const { service } = synthesize({ ingress: { host: 'stt.example.com', ...options }, apiKeysSecretName: 'callers' });

    expect(service.warnings).toEqual([]);
  });
});
