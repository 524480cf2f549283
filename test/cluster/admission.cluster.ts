import type { Container } from './objects';
import { apply, SynthesizedApp } from './synthesized-app';
import { until } from './until';

describe('the ValidatingAdmissionPolicy of the app production', () => {
  const app = SynthesizedApp.named('production').inNamespace('admission');
  const [policy] = app.ofKind('ValidatingAdmissionPolicy');
  const [server, ...sidecars] = app.deployment.spec.template.spec.containers;

  /** What the API server says to a pod of the deployment's template with another server container. */
  async function create(container: Container, more: readonly Container[] = []): Promise<string> {
    const { spec, metadata } = app.deployment.spec.template;
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'changed', namespace: app.namespace, labels: metadata.labels },
      spec: { ...spec, containers: [container, ...sidecars, ...more] },
    };
    const { code, stderr } = await apply([pod], '--dry-run=server');
    return code === 0 ? 'accepted' : stderr;
  }

  function withCpus(requested: string, limit = requested): Container {
    const { requests, limits } = server!.resources!;
    return { ...server!, resources: { requests: { ...requests, cpu: requested }, limits: { ...limits, cpu: limit } } };
  }

  const refused = expect.stringMatching(`ValidatingAdmissionPolicy '${policy?.metadata.name}'`);

  beforeAll(async () => {
    // Without what else refuses pods, and without what is for newer clusters.
    const parts = ['Namespace', 'PriorityClass', 'ServiceAccount', 'ValidatingAdmissionPolicy'];
    parts.push('ValidatingAdmissionPolicyBinding');
    const { code, stderr } = await apply(app.objects.filter(({ kind }) => parts.includes(kind)));
    if (code !== 0) throw new Error(stderr);
    await until('the policy to be in force', async () => (await create(withCpus('1500m'))) !== 'accepted');
  });

  test('accepts the pod that the construct makes', async () => {
    expect(await create(server!)).toBe('accepted');
  });

  test('refuses a pod with a fraction of a CPU, which would not be pinned', async () => {
    const answer = await create(withCpus('1500m'));

    expect(answer).toEqual(refused);
    expect(answer).toContain('needs a whole number of CPUs');
  });

  test('refuses a pod with a sidecar that makes it Burstable', async () => {
    const resources = {
      requests: { cpu: '100m', memory: '64Mi', 'ephemeral-storage': '64Mi' },
      limits: { cpu: '150m', memory: '64Mi', 'ephemeral-storage': '64Mi' },
    };
    const sidecar = { name: 'injected', image: server!.image, resources, securityContext: server!.securityContext };

    const answer = await create(server!, [sidecar]);

    expect(answer).toEqual(refused);
    expect(answer).toContain('requests equal to its limits');
  });
});
