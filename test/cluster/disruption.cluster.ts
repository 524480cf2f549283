import type { Answer } from './api-server';
import { isReady, type KubernetesObject, type List } from './objects';
import { IDLE, RunningApp } from './running-app';
import { SynthesizedApp } from './synthesized-app';
import { until } from './until';

interface PodDisruptionBudget extends KubernetesObject {
  readonly status: { readonly expectedPods?: number; readonly currentHealthy?: number };
}

describe('draining nodes', () => {
  const app = SynthesizedApp.named('voice-agent-phase5').inNamespace('disruption');
  let running: RunningApp;

  const budgetsPath = `/apis/policy/v1/namespaces/${app.namespace}/poddisruptionbudgets`;

  /** What the API server answers to a node drain's request. */
  function evict(name: string): Promise<Answer> {
    const metadata = { name, namespace: app.namespace };
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata };
    return running.api.post(`/api/v1/namespaces/${app.namespace}/pods/${name}/eviction`, eviction);
  }

  beforeAll(async () => {
    running = await RunningApp.start(app, IDLE);
  });

  test('evicts one pod, and the PodDisruptionBudget holds the second until there is a new one', async () => {
    await until('a budget that knows its pods', async () => {
      const { items } = await running.api.get<List<PodDisruptionBudget>>(budgetsPath);
      const { expectedPods, currentHealthy } = items[0]?.status ?? {};
      return expectedPods === app.hpa.spec.minReplicas && currentHealthy === expectedPods;
    });
    const [first, second] = (await running.pods()).filter(isReady).map(({ metadata }) => metadata.name);

    const answers = [await evict(first!), await evict(second!)];

    expect(answers.map(({ status }) => status)).toEqual([201, 429]);
    expect(answers[1]!.text).toContain("violate the pod's disruption budget");
    await until('a new pod, and with it leave to evict the second', async () => (await evict(second!)).status === 201);
  });
});
