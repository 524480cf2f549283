import { guaranteedQos } from '../../../lib/policy/guaranteed-qos';
import { deploymentOf, serverContainer } from './manifests';

describe('guaranteed-qos', () => {
  const amounts = { cpu: '2', memory: '700Mi' };

  test('finds nothing where the server asks for what it may use, and leaves sidecars to their own rule', () => {
    expect(guaranteedQos.check([deploymentOf({ containers: [serverContainer(), { name: 'logs' }] })])).toEqual([]);
  });

  test('leaves pods alone that run no Whisper server', () => {
    expect(guaranteedQos.check([deploymentOf({ containers: [{ name: 'web' }] })])).toEqual([]);
  });

  test('finds nothing in objects without pods', () => {
    expect(guaranteedQos.check([{ kind: 'Namespace', metadata: { name: 'voice' } }])).toEqual([]);
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

  test.each(['0', '0m', 0])('takes a limit of %j for none, as Kubernetes does', (cpu) => {
    const resources = { requests: { cpu, memory: '700Mi' }, limits: { cpu, memory: '700Mi' } };

    expect(
      guaranteedQos.check([
        deploymentOf({
          containers: [serverContainer({ resources })],
        }),
      ]),
    ).toEqual([
      {
        object: 'Deployment stt',
        field: 'containers[server].resources.limits.cpu',
        got: String(cpu),
        remedy: 'Kubernetes takes no notice of 0. Give the container requests and equal limits above 0.',
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
