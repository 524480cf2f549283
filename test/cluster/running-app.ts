import { ApiServer } from './api-server';
import { setUsage, type PodUsage } from './control-plane';
import { labelSelector, type Deployment, type HorizontalPodAutoscaler, type List, type Pod } from './objects';
import type { SynthesizedApp } from './synthesized-app';
import { until, type Patience } from './until';

/** What a pod without callers uses. */
export const IDLE: PodUsage = { cpu: '20m', memoryMebibytes: 200 };

interface Node {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
}

/** An app that was applied, seen through the API server. */
export class RunningApp {
  /**
   * Applies the app and waits until as many pods are available as its autoscaler promises.
   *
   * @param usage of its pods; without, they have no metrics, and the autoscaler keeps to its minimum
   * @throws when anything was refused
   */
  static async start(app: SynthesizedApp, usage?: PodUsage): Promise<RunningApp> {
    const running = new RunningApp(app, ApiServer.fromKubeconfig());
    if (usage) running.use(usage);
    const { code, stderr } = await app.apply();
    if (code !== 0) throw new Error(`${app.name} was refused: ${stderr}`);
    await running.untilAvailable(app.hpa.spec.minReplicas);
    return running;
  }

  private constructor(
    readonly app: SynthesizedApp,
    readonly api: ApiServer,
  ) {}

  get namespace(): string {
    return this.app.namespace;
  }

  /** Path of the list of its pods. */
  get podsPath(): string {
    const selector = labelSelector(this.app.deployment.spec.selector.matchLabels);
    return `/api/v1/namespaces/${this.namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
  }

  /** Path of the list of deployments that it is in, alone. */
  get deploymentsPath(): string {
    return `/apis/apps/v1/namespaces/${this.namespace}/deployments`;
  }

  /** What each of its pods uses from now on. */
  use(usage: PodUsage): void {
    setUsage(this.app.deployment, usage);
  }

  deployment(): Promise<Deployment> {
    return this.api.get(`${this.deploymentsPath}/${this.app.deployment.metadata.name}`);
  }

  hpa(): Promise<HorizontalPodAutoscaler> {
    const { name } = this.app.hpa.metadata;
    return this.api.get(`/apis/autoscaling/v2/namespaces/${this.namespace}/horizontalpodautoscalers/${name}`);
  }

  async pods(): Promise<readonly Pod[]> {
    return (await this.api.get<List<Pod>>(this.podsPath)).items;
  }

  /** Waits until the deployment has this many pods, all of the newest template and available. */
  untilAvailable(replicas: number, patience?: Patience): Promise<Deployment> {
    const what = `${replicas} available replicas of ${this.namespace}/${this.app.deployment.metadata.name}`;
    return until(
      what,
      async () => {
        const deployment = await this.deployment();
        const { spec, status, metadata } = deployment;
        const counts = [spec.replicas, status.replicas, status.updatedReplicas, status.availableReplicas];
        return (
          status.observedGeneration === metadata.generation && counts.every((count) => count === replicas) && deployment
        );
      },
      patience,
    );
  }

  /** How many of its pods each zone has; zones without any are 0. */
  async podsPerZone(): Promise<Record<string, number>> {
    const nodes = await this.api.get<List<Node>>('/api/v1/nodes');
    const zoneOf = new Map(
      nodes.items.map(({ metadata }) => [metadata.name, metadata.labels['topology.kubernetes.io/zone']!]),
    );
    const counts = Object.fromEntries([...zoneOf.values()].map((zone) => [zone, 0]));
    for (const pod of await this.pods()) {
      if (pod.metadata.deletionTimestamp === undefined && pod.spec.nodeName) {
        counts[zoneOf.get(pod.spec.nodeName)!]! += 1;
      }
    }
    return counts;
  }
}
