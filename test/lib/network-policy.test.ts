import { Testing } from 'cdk8s';
import { NetworkPeer, WhisperSttService } from '../../lib';
import { failure, IMAGE, synthesize, testChart, type Synthesized } from './synthesize';

const policies = ({ objects }: Synthesized): Synthesized['objects'] =>
  objects.filter(({ kind }) => kind === 'NetworkPolicy');

describe('the NetworkPolicy', () => {
  const OWN_NAMESPACE = { podSelector: {} };
  const MONITORING = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
  const REQUESTS = [{ port: 8000, protocol: 'TCP' }];

  test('by default lets in the pods of its namespace and the monitoring, and lets out nothing but questions to DNS', () => {
    expect(policies(synthesize())).toMatchObject([
      {
        apiVersion: 'networking.k8s.io/v1',
        metadata: { name: 'stt-service', namespace: 'voice-agent-phase5' },
        spec: {
          policyTypes: ['Ingress', 'Egress'],
          ingress: [{ from: [OWN_NAMESPACE, MONITORING], ports: REQUESTS }],
          egress: [
            {
              to: [
                {
                  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
                  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
                },
              ],
              ports: [
                { port: 53, protocol: 'UDP' },
                { port: 53, protocol: 'TCP' },
              ],
            },
          ],
        },
      },
    ]);
  });

  // cdk8s-plus: connections.allowFrom(prometheus) and allowTo(dns) write policies that isolate prometheus and DNS.
  test('is one object of the service, and no object of another namespace', () => {
    const synthesized = synthesize({
      callers: [NetworkPeer.namespace('agents')],
      scrapers: [NetworkPeer.namespace('observability', { app: 'prometheus' })],
      ingress: { host: 'stt.example.com' },
    });

    expect(policies(synthesized)).toHaveLength(1);
    const namespaces = synthesized.objects
      .filter(({ kind }) => kind !== 'Namespace')
      .map(({ metadata }) => metadata.namespace);
    expect([...new Set(namespaces)]).toEqual(['voice-agent-phase5']);
  });

  test("selects by one label alone, which the service's pods have and those of another service have not", () => {
    const { deployment, objects } = synthesize();
    const selector = Object.entries(
      (objects.find(({ kind }) => kind === 'NetworkPolicy') as unknown as PolicyManifest).spec.podSelector.matchLabels,
    );
    const pod = (deployment as unknown as { spec: { template: { metadata: { labels: Record<string, string> } } } }).spec
      .template.metadata.labels;

    expect(selector).toEqual([['app.kubernetes.io/instance', 'stt-service']]);
    expect(selector.filter(([key, value]) => pod[key] === value)).toHaveLength(1);
  });

  test('names the port of the server', () => {
    expect(policies(synthesize({ port: 9000 }))).toMatchObject([
      { spec: { ingress: [{ ports: [{ port: 9000, protocol: 'TCP' }] }] } },
    ]);
  });

  test('lets in whom the props name, by labels, namespaces or addresses', () => {
    const callers = [
      NetworkPeer.pods({ app: 'voice-agent' }),
      NetworkPeer.namespace('agents'),
      NetworkPeer.namespace('agents', { app: 'voice-agent' }),
      NetworkPeer.namespaces({ tenant: 'voice' }),
      NetworkPeer.namespaces({ tenant: 'voice' }, { app: 'voice-agent' }),
      NetworkPeer.addresses('10.0.0.0/8'),
    ];

    expect(policies(synthesize({ callers, scrapers: [] }))).toMatchObject([
      {
        spec: {
          ingress: [
            {
              from: [
                { podSelector: { matchLabels: { app: 'voice-agent' } } },
                { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'agents' } } },
                {
                  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'agents' } },
                  podSelector: { matchLabels: { app: 'voice-agent' } },
                },
                { namespaceSelector: { matchLabels: { tenant: 'voice' } } },
                {
                  namespaceSelector: { matchLabels: { tenant: 'voice' } },
                  podSelector: { matchLabels: { app: 'voice-agent' } },
                },
                { ipBlock: { cidr: '10.0.0.0/8' } },
              ],
              ports: REQUESTS,
            },
          ],
        },
      },
    ]);
  });

  test('has no ingress rule where nobody is named: one with an empty `from` would let everybody in', () => {
    expect(policies(synthesize({ callers: [], scrapers: [] }))).toMatchObject([{ spec: { ingress: [] } }]);
  });

  test('lets nothing out with allowDns: false', () => {
    expect(policies(synthesize({ allowDns: false }))).toMatchObject([
      { spec: { policyTypes: ['Ingress', 'Egress'], egress: [] } },
    ]);
  });

  test('lets out to whom the props name, each by its ports', () => {
    const egress = [
      { to: NetworkPeer.namespace('logging'), ports: [4317, 4318] },
      { to: NetworkPeer.addresses('192.0.2.7/32'), ports: [443] },
    ];

    expect(policies(synthesize({ allowDns: false, egress }))[0]).toHaveProperty('spec.egress', [
      {
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'logging' } } }],
        ports: [
          { port: 4317, protocol: 'TCP' },
          { port: 4318, protocol: 'TCP' },
        ],
      },
      { to: [{ ipBlock: { cidr: '192.0.2.7/32' } }], ports: [{ port: 443, protocol: 'TCP' }] },
    ]);
    expect(policies(synthesize({ egress }))[0]).toHaveProperty('spec.egress.length', 3);
  });

  test.each([
    [NetworkPeer.namespace('logging'), [], '[egress-invalid] egress[0].ports is "[]": no ports mean every port.'],
    [NetworkPeer.namespace('logging'), [0], '[egress-invalid] egress[0].ports[0] is 0'],
    [NetworkPeer.namespace('logging'), [443, 65_536], '[egress-invalid] egress[0].ports[1] is 65536'],
    [NetworkPeer.pods({}), [443], '[peer-invalid] egress[0].to is "no labels"'],
  ])('lets out to no %j at %j', (to, ports, message) => {
    expect(failure(() => synthesize({ egress: [{ to, ports }] }))).toContain(message);
  });

  test('lets in the proxies of Ingress and HTTPRoute too', () => {
    const namespaced = (name: string): object => ({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
    });
    const callers = (props: Parameters<typeof synthesize>[0]): unknown =>
      (policies(synthesize(props))[0] as unknown as PolicyManifest).spec.ingress[0]!.from;

    expect(callers({ ingress: { host: 'stt.example.com' } })).toEqual([
      OWN_NAMESPACE,
      namespaced('ingress-nginx'),
      MONITORING,
    ]);
    expect(
      callers({ ingress: { host: 'stt.example.com', proxy: NetworkPeer.addresses('192.0.2.0/24') }, scrapers: [] }),
    ).toEqual([OWN_NAMESPACE, { ipBlock: { cidr: '192.0.2.0/24' } }]);
    expect(callers({ httpRoute: { gateway: 'public', gatewayNamespace: 'gateways' }, scrapers: [] })).toEqual([
      OWN_NAMESPACE,
      namespaced('gateways'),
    ]);
    expect(callers({ httpRoute: { gateway: 'public' }, scrapers: [] })).toEqual([
      OWN_NAMESPACE,
      namespaced('voice-agent-phase5'),
    ]);
    expect(callers({ httpRoute: { gateway: 'public', proxy: NetworkPeer.namespace('envoy') }, scrapers: [] })).toEqual([
      OWN_NAMESPACE,
      namespaced('envoy'),
    ]);
  });

  test('is left out with networkPolicy: false', () => {
    const synthesized = synthesize({ networkPolicy: false });

    expect(policies(synthesized)).toEqual([]);
    expect(synthesized.service.networkPolicy).toBeUndefined();
  });

  test('says nothing of proxies that nobody named', () => {
    const ways = { ingress: { host: 'stt.example.com' }, httpRoute: { gateway: 'public' } };

    expect(failure(() => synthesize({ networkPolicy: false, ...ways }))).toBe('');
  });

  test('each service of a namespace has its own', () => {
    const chart = testChart({ namespace: 'voice' });
    new WhisperSttService(chart, 'english', { image: IMAGE, name: 'english' });
    new WhisperSttService(chart, 'spanish', { image: IMAGE, name: 'spanish', createNamespace: false });
    const names = (Testing.synth(chart) as Synthesized['objects'])
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(({ metadata }) => metadata.name);

    expect(names).toEqual(['english', 'spanish']);
  });

  test.each([
    ['callers', [NetworkPeer.pods({ app: 'voice-agent' })]],
    ['scrapers', []],
    ['allowDns', false],
    ['egress', []],
    ['ingress', { host: 'stt.example.com', proxy: NetworkPeer.namespace('proxies') }],
    ['httpRoute', { gateway: 'public', proxy: NetworkPeer.namespace('proxies') }],
  ])('%s without a NetworkPolicy is refused', (prop, value) => {
    expect(failure(() => synthesize({ networkPolicy: false, [prop]: value }))).toContain(
      `[network-policy-off] ${prop}`,
    );
  });

  test.each([
    [NetworkPeer.addresses('10.0.0.0'), '10.0.0.0'],
    [NetworkPeer.addresses('10.0.0.0/33'), '10.0.0.0/33'],
    [NetworkPeer.addresses('10.0.0/8'), '10.0.0/8'],
    [NetworkPeer.addresses('10.0.0.0/08'), '10.0.0.0/08'],
    [NetworkPeer.addresses('10.0.0.0/8/8'), '10.0.0.0/8/8'],
    [NetworkPeer.addresses('fd00::/129'), 'fd00::/129'],
    [NetworkPeer.pods({}), 'no labels'],
    [NetworkPeer.namespaces({}), 'no labels'],
    [NetworkPeer.namespaces({}, { app: 'voice-agent' }), 'no labels'],
    [NetworkPeer.namespace(''), 'kubernetes.io/metadata.name='],
    [NetworkPeer.pods({ app: 'voice agent' }), 'app=voice agent'],
    [NetworkPeer.namespace('agents', { '-app': 'a' }), '-app=a'],
  ])('%j is no peer', (peer, got) => {
    expect(failure(() => synthesize({ callers: [NetworkPeer.ownNamespace(), peer] }))).toContain(
      `[peer-invalid] callers[1] is ${JSON.stringify(got)}: `,
    );
    expect(failure(() => synthesize({ scrapers: [peer] }))).toContain('[peer-invalid] scrapers[0]');
  });

  test.each(['0.0.0.0/0', '10.0.0.0/32', 'fd00::/8', '::/128'])('%s is a range of addresses', (cidr) => {
    expect(failure(() => synthesize({ callers: [NetworkPeer.addresses(cidr)] }))).toBe('');
  });
});

interface PolicyManifest {
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Record<string, string> };
    readonly ingress: readonly { readonly from: readonly object[] }[];
  };
}
