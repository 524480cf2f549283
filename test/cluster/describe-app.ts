import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { clusterVersion, isAtLeast, leaveOut, REPOSITORY } from './control-plane';
import { RunningApp } from './running-app';
import { apply, type SynthesizedApp } from './synthesized-app';

/** What is true of every app: the tests of one of them, on the cluster that it is for. */
export function describeApp(app: SynthesizedApp): void {
  const oldest = oldestKubernetes(app);
  describe(`the app ${app.name}`, () => {
    if (isAtLeast(clusterVersion(), oldest)) {
      testApp(app);
    } else {
      test(`is for Kubernetes ${oldest} and later, and left out on ${clusterVersion()}`, () => {
        leaveOut(`app ${app.name}`, `it is for Kubernetes ${oldest} and later, and this is ${clusterVersion()}`);
      });
    }
  });
}

/** Oldest Kubernetes that an app is for: what it says in `kubernetesVersion`, else the construct's default. */
function oldestKubernetes({ name }: SynthesizedApp): string {
  const source = path.join(REPOSITORY, 'apps', `${name}.ts`);
  if (!existsSync(source)) throw new Error(`dist/${name}.k8s.yaml has no apps/${name}.ts: name the chart as its file`);
  return /kubernetesVersion: '(?<version>[\d.]+)'/.exec(readFileSync(source, 'utf8'))?.groups?.version ?? '1.28';
}

/** What the API server says to the objects under strict validation, without storing them. */
function strictDryRun(objects: readonly object[]): ReturnType<typeof apply> {
  return apply(objects, '--dry-run=server', '--validate=strict');
}

function testApp(app: SynthesizedApp): void {
  let running: RunningApp;

  test('has no field that the API server does not know, and draws no warning', async () => {
    await app.applyNamespace();

    expect(await strictDryRun(app.objects)).toMatchObject({ code: 0, stderr: '' });
  });

  test('would be refused for a field that the API server does not know', async () => {
    const odd = { ...app.deployment, spec: { ...app.deployment.spec, replicasWanted: 2 } };

    const { code, stderr } = await strictDryRun([odd]);

    expect(code).not.toBe(0);
    expect(stderr).toContain('.spec.replicasWanted');
  });

  test('is applied without a warning, under Pod Security `restricted`', async () => {
    const [namespace] = app.ofKind('Namespace');
    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });

    expect(await app.apply()).toMatchObject({ code: 0, stderr: '' });

    running = await RunningApp.start(app);
  });

  test('lives in a namespace that refuses a privileged pod', async () => {
    const { spec, metadata } = app.deployment.spec.template;
    const [container] = spec.containers;
    const securityContext = { ...container!.securityContext, privileged: true, allowPrivilegeEscalation: true };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'privileged', namespace: app.namespace, labels: metadata.labels },
      spec: { ...spec, containers: [{ ...container!, securityContext }] },
    };

    const { code, stderr } = await apply([pod], '--dry-run=server');

    expect(code).not.toBe(0);
    expect(stderr).toContain('violates PodSecurity "restricted');
  });

  test('has pods that the API server calls Guaranteed', async () => {
    const pods = await running.pods();

    expect(pods.length).toBeGreaterThanOrEqual(app.hpa.spec.minReplicas);
    expect(pods.map(({ status }) => status.qosClass)).toEqual(pods.map(() => 'Guaranteed'));
  });

  test('has pods in as many zones as it can', async () => {
    const counts = Object.values(await running.podsPerZone());
    const pods = counts.reduce((sum, count) => sum + count, 0);

    expect(counts.length).toBe(3);
    expect(counts.filter((count) => count > 0).length).toBe(Math.min(pods, counts.length));
  });

  test('changes nothing when it is applied again', async () => {
    const before = await running.deployment();

    expect(await app.apply()).toMatchObject({ code: 0, stderr: '' });

    const after = await running.deployment();
    expect(after.metadata.generation).toBe(before.metadata.generation);
    expect(after.spec.replicas).toBe(before.spec.replicas);
  });
}
