import { Duration } from 'cdk8s';
import { NetworkPeer, type HttpRouteOptions } from '../../lib';
import { failure, synthesize, type SynthesizedObject } from './synthesize';

function route(
  options: Partial<HttpRouteOptions> = {},
  props: Parameters<typeof synthesize>[0] = {},
): SynthesizedObject {
  const { objects } = synthesize({ httpRoute: { gateway: 'public', ...options }, ...props });
  return objects.find(({ kind }) => kind === 'HTTPRoute')!;
}

describe('the HTTPRoute', () => {
  const backendRefs = [{ group: '', kind: 'Service', name: 'stt-service', port: 8000, weight: 1 }];

  test('is emitted only when asked for', () => {
    const { objects, service } = synthesize();

    expect(objects.map(({ kind }) => kind)).not.toContain('HTTPRoute');
    expect(service.httpRoute).toBeUndefined();
  });

  test('gives a request more time than the server does, and a WebSocket as long as its call lasts', () => {
    const path = { type: 'PathPrefix', value: '/v1' };

    expect(route()).toMatchObject({
      apiVersion: 'gateway.networking.k8s.io/v1',
      metadata: { name: 'stt-service', namespace: 'voice-agent-phase5' },
      spec: {
        rules: [
          {
            matches: [{ path, headers: [{ type: 'Exact', name: 'Upgrade', value: 'websocket' }] }],
            timeouts: { request: '0s' },
            backendRefs,
          },
          { matches: [{ path }], timeouts: { request: '100s', backendRequest: '70s' }, backendRefs },
        ],
      },
    });
  });

  test('states no timeout of the backend for WebSockets: it would end the call', () => {
    expect(route()).not.toHaveProperty('spec.rules[0].timeouts.backendRequest');
  });

  test('has timeouts that follow the request timeout', () => {
    expect(route({}, { requestTimeout: Duration.minutes(10) })).toMatchObject({
      spec: { rules: [{}, { timeouts: { request: '640s', backendRequest: '610s' } }] },
    });
  });

  test("hangs on the Gateway of the service's namespace unless told otherwise", () => {
    expect(route()).toHaveProperty('spec.parentRefs', [
      { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public', namespace: 'voice-agent-phase5' },
    ]);
    expect(route()).not.toHaveProperty('spec.hostnames');
  });

  test('is what its options say', () => {
    const object = route(
      { gatewayNamespace: 'gateways', sectionName: 'https', hostnames: ['stt.example.com'], paths: ['/v1', '/asr'] },
      { port: 9000 },
    );

    expect(object).toMatchObject({
      spec: {
        parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https' }],
        hostnames: ['stt.example.com'],
        rules: [
          { matches: [{ path: { value: '/v1' } }, { path: { value: '/asr' } }], backendRefs: [{ port: 9000 }] },
          { matches: [{ path: { value: '/v1' } }, { path: { value: '/asr' } }], backendRefs: [{ port: 9000 }] },
        ],
      },
    });
  });

  test.each<[Partial<HttpRouteOptions>, string]>([
    [{ gateway: '' }, 'httpRoute.gateway is ""'],
    [{ gatewayNamespace: 'Gateways' }, 'httpRoute.gatewayNamespace is "Gateways"'],
    [{ sectionName: 'https port' }, 'httpRoute.sectionName is "https port"'],
    [{ hostnames: ['stt.example.com', 'stt_example'] }, 'httpRoute.hostnames[1] is "stt_example"'],
    [{ paths: ['v1'] }, 'httpRoute.paths[0] is "v1"'],
  ])('%j is refused', (options, fault) => {
    expect(failure(() => route(options))).toContain(`[http-route-invalid] ${fault}: `);
  });

  test('a proxy that is no peer is refused', () => {
    expect(failure(() => route({ proxy: NetworkPeer.addresses('nowhere') }))).toContain(
      '[peer-invalid] httpRoute.proxy is "nowhere"',
    );
  });
});
