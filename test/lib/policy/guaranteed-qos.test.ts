import { guaranteedQos } from '../../../lib/policy/guaranteed-qos';
import { deploymentOf, serverContainer } from './manifests';

describe('guaranteed-qos', () => {
  const amounts = { cpu: '2', memory: '700Mi' };

  test('finds nothing where each container asks for what it may use', () => {
    const sidecar = {
      name: 'logs',
      resources: { requests: { cpu: '0.1', memory: 67108864 }, limits: { cpu: '100m', memory: '64Mi' } },
    };

    expect(guaranteedQos.check([deploymentOf({ containers: [serverContainer(), sidecar] })])).toEqual([]);
  });

  test('finds nothing in objects without pods', () => {
    expect(guaranteedQos.check([{ kind: 'Namespace', metadata: { name: 'voice' } }])).toEqual([]);
  });

  test('finds init containers too: they count for the class', () => {
    const findings = guaranteedQos.check([
      deploymentOf({ containers: [serverContainer()], initContainers: [{ name: 'copy' }] }),
    ]);

    expect(findings).toEqual(
      ['cpu', 'memory'].map((resource) => ({
        object: 'Deployment stt',
        field: `initContainers[copy].resources.limits.${resource}`,
        got: undefined,
        remedy: 'Give the container requests and equal limits.',
      })),
    );
  });

  test('asks for the limit where only a request is given', () => {
    const resources = { requests: amounts, limits: { memory: '700Mi' } };

    expect(guaranteedQos.check([deploymentOf({ containers: [serverContainer({ resources })] })])).toEqual([
      {
        object: 'Deployment stt',
        field: 'containers[server].resources.limits.cpu',
        got: undefined,
        remedy: 'Set the limit to 2.',
      },
    ]);
  });

  test.each([
    [{ cpu: '2', memory: '350Mi' }, 'memory', '350Mi', '700Mi'],
    [{ cpu: '1', memory: '700Mi' }, 'cpu', '1', '2'],
    [{ cpu: '2', memory: '700M' }, 'memory', '700M', '700Mi'],
    [{ cpu: '2' }, 'memory', undefined, '700Mi'],
    [{ cpu: '2', memory: 'much' }, 'memory', 'much', '700Mi'],
  ])('finds requests of %j', (requests, resource, got, limit) => {
    const resources = { requests: requests as Record<string, string>, limits: amounts };

    expect(guaranteedQos.check([deploymentOf({ containers: [serverContainer({ resources })] })])).toEqual([
      {
        object: 'Deployment stt',
        field: `containers[server].resources.requests.${resource}`,
        got,
        remedy: `Set the request to the limit, ${limit}.`,
      },
    ]);
  });
});
