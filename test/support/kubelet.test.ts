import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Kubelet, type Probe, type Probes } from './kubelet';

/** Paths that fail, on a server that answers all others with 200. */
const failing = new Set<string>();
let server: Server;
let kubelet: Kubelet;

beforeEach(async () => {
  failing.clear();
  server = createServer((request, response) => {
    response.writeHead(failing.has(request.url!) ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await kubelet.stop().catch(() => undefined);
  await new Promise((resolve) => server.close(resolve));
});

function probe(path: string, overrides: Partial<Probe> = {}): Probe {
  const { port } = server.address() as AddressInfo;
  return { httpGet: { path, port }, periodSeconds: 0.02, timeoutSeconds: 1, failureThreshold: 3, ...overrides };
}

function probes(overrides: Partial<Probes> = {}): Probes {
  return {
    startupProbe: probe('/startup', { failureThreshold: 1000 }),
    readinessProbe: probe('/readiness'),
    livenessProbe: probe('/liveness'),
    ...overrides,
  };
}

test('the kubelet of the tests asks nothing else before startup has succeeded, and startup never again', async () => {
  failing.add('/startup');
  kubelet = new Kubelet(probes());
  await kubelet.until(() => kubelet.of('startup').length >= 3);
  expect(kubelet.outcomes.every(({ kind }) => kind === 'startup')).toBe(true);
  failing.clear();
  await kubelet.until(() => kubelet.started && kubelet.of('liveness').length >= 3);
  expect(kubelet.of('startup').filter(({ success }) => success)).toHaveLength(1);
});

test('the kubelet of the tests counts initial delays from the start of the container', async () => {
  kubelet = new Kubelet(
    probes({
      readinessProbe: probe('/readiness', { initialDelaySeconds: 0.2 }),
      livenessProbe: probe('/liveness', { initialDelaySeconds: 0.4 }),
    }),
  );
  await kubelet.until(() => kubelet.of('liveness').length > 0);
  expect(kubelet.of('readiness')[0]!.seconds).toBeGreaterThanOrEqual(0.2);
  expect(kubelet.of('liveness')[0]!.seconds).toBeGreaterThanOrEqual(0.4);
});

test('the kubelet of the tests takes readiness away after as many failures as the threshold', async () => {
  kubelet = new Kubelet(probes());
  await kubelet.until(() => kubelet.ready);
  failing.add('/readiness');
  await kubelet.until(() => !kubelet.ready);
  const failures = kubelet.of('readiness').filter(({ success }) => !success);
  expect(failures).toHaveLength(3);
  expect(failures[0]).toMatchObject({ status: 503 });
});

test.each(['/liveness', '/startup'])('the kubelet of the tests fails the test when %s does', async (path) => {
  failing.add(path);
  kubelet = new Kubelet(probes({ startupProbe: probe('/startup') }));
  await expect(kubelet.during(new Promise(() => undefined))).rejects.toThrow('failed 3 times in a row');
  await expect(kubelet.stop()).rejects.toThrow(path);
});

test('the kubelet of the tests goes on with readiness alone when the pod is deleted', async () => {
  kubelet = new Kubelet(probes());
  await kubelet.until(() => kubelet.of('liveness').length > 0);
  kubelet.podDeleted();
  failing.add('/liveness').add('/readiness');
  const before = kubelet.of('liveness').length;
  await kubelet.until(() => !kubelet.ready);
  expect(kubelet.of('liveness')).toHaveLength(before);
  await kubelet.stop();
});
