import { podRequests } from '../../lib/pod-requests';

const container = (name: string, requests: Record<string, string | number>, restartPolicy?: string): never =>
  ({ name, restartPolicy, resources: { requests, limits: requests } }) as never;

describe('the requests of a pod', () => {
  test('are those of its containers together', () => {
    const containers = [
      container('stt', { cpu: '2', memory: '700Mi' }),
      container('logs', { cpu: '100m', memory: '64Mi' }),
    ];

    expect(Object.fromEntries(podRequests({ containers }))).toEqual({ cpu: 2.1, memory: 764 * 1024 ** 2 });
  });

  test('are those of an init container where it needs more, which ends before the others begin', () => {
    const initContainers = [
      container('copy', { cpu: 1, memory: '1Gi' }),
      container('check', { cpu: '3', memory: '1Mi' }),
    ];
    const containers = [container('stt', { cpu: '2', memory: '700Mi' })];

    expect(Object.fromEntries(podRequests({ containers, initContainers }))).toEqual({ cpu: 3, memory: 1024 ** 3 });
  });

  test('count a native sidecar with the containers, and with the init containers that start after it', () => {
    const initContainers = [
      container('early', { cpu: '3' }),
      container('proxy', { cpu: '1' }, 'Always'),
      container('late', { cpu: '2500m' }),
    ];

    expect(podRequests({ containers: [container('stt', { cpu: '2' })], initContainers }).get('cpu')).toBe(3.5);
    expect(podRequests({ containers: [container('stt', { cpu: '4' })], initContainers }).get('cpu')).toBe(5);
  });

  test('take the limit where no request is stated, as Kubernetes does', () => {
    const containers = [{ name: 'stt', resources: { limits: { cpu: '2' } } }];

    expect(podRequests({ containers }).get('cpu')).toBe(2);
  });

  test('are none for a pod that says nothing, or nothing that Kubernetes would read', () => {
    expect(podRequests({})).toEqual(new Map());
    expect(podRequests({ containers: [{ name: 'stt' }] })).toEqual(new Map());
    expect(podRequests({ containers: [container('stt', { cpu: 'two' })] }).get('cpu')).toBe(0);
  });
});
