import { readFileSync } from 'node:fs';
import https from 'node:https';
import { parse } from 'yaml';
import { imageDigest } from '../../image/image-archive';
import { audioForm } from '../../support/server-process';
import { kubectl } from '../kubectl';
import { isReady, labelSelector, type Deployment, type KubernetesObject, type Pod } from '../objects';
import { apply } from '../synthesized-app';
import { until } from '../until';
import { ContainerCgroup } from './container-cgroup';
import { fitsTwoCpus, NANO, type FitsTwoCpusOptions } from './fits-two-cpus';
import { nodeFact } from './real-node';

/** Beside what the simulated nodes show of a pod. */
export interface RunningPod extends Pod {
  readonly metadata: Pod['metadata'] & { readonly uid: string; readonly creationTimestamp: string };
  readonly status: Omit<Pod['status'], 'conditions'> & {
    readonly podIP: string;
    readonly phase: string;
    readonly conditions: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime: string;
    }[];
    readonly containerStatuses: readonly [
      {
        readonly containerID: string;
        readonly imageID: string;
        readonly restartCount: number;
        readonly ready: boolean;
        readonly lastState: { readonly terminated?: { readonly reason: string; readonly exitCode: number } };
      },
    ];
  };
}

/** An event of a namespace. */
interface Event {
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const NAME = 'stt-service';

/** What is applied. */
interface ServiceOptions {
  /** Of the test file's own: the autoscaler remembers the load of a service for as long as its windows. */
  readonly namespace?: string;
  /** Archive of the image, among those that the node was started with; that with the embedded model by default. */
  readonly archive?: string;
  readonly model?: FitsTwoCpusOptions['model'];
  /** Where a test wants something else than what is synthesized. */
  readonly change?: (object: KubernetesObject) => KubernetesObject;
}

/** The deployment of `fits-two-cpus.ts`, applied to the node. */
export class DeployedService {
  /** Applies it, and waits until it is rolled out; applied already, that takes no time. */
  static async apply({
    namespace,
    archive = nodeFact('NODE_IMAGE'),
    model = NANO,
    change = (object) => object,
  }: ServiceOptions = {}): Promise<DeployedService> {
    const objects = fitsTwoCpus({ imageDigest: imageDigest(archive), model, namespace }).map(change);
    const { code, stderr } = await apply(objects);
    if (code !== 0) throw new Error(`refused: ${stderr}`);
    const service = new DeployedService(objects);
    await service.untilRolledOut();
    return service;
  }

  readonly name = NAME;

  private constructor(readonly objects: readonly KubernetesObject[]) {}

  /** Gives the CPU back; the pod may still drain when this is done. */
  async remove(): Promise<void> {
    await this.kubectl('delete', 'hpa,deployment', '--all', '--timeout=60s');
  }

  get namespace(): string {
    return this.deployment.metadata.namespace!;
  }

  get deployment(): Deployment {
    return this.objects.find(({ kind }) => kind === 'Deployment') as Deployment;
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await kubectl(['-n', this.namespace, ...args]);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  async get<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl('get', ...args, '-o', 'json')) as T;
  }

  /** Not `kubectl rollout status`, which also waits for `minReadySeconds`. */
  async untilRolledOut(): Promise<void> {
    await until('one pod of the newest revision, ready', async () => {
      const { metadata, status } = await this.get<Deployment>(`deployment/${NAME}`);
      const counts = [status.replicas, status.updatedReplicas, status.readyReplicas];
      return (
        status.observedGeneration === metadata.generation &&
        counts.every((count) => count === 1) &&
        (await this.pods()).length === 1 &&
        (await this.readyPod())
      );
    });
  }

  async pods(): Promise<RunningPod[]> {
    const selector = labelSelector(this.deployment.spec.selector.matchLabels);
    return (await this.get<{ items: RunningPod[] }>('pods', '-l', selector)).items;
  }

  async readyPod(): Promise<RunningPod | undefined> {
    return (await this.pods()).find(isReady);
  }

  /** @throws when no pod is ready */
  async pod(): Promise<RunningPod> {
    const pod = await this.readyPod();
    if (!pod) throw new Error('no pod is ready');
    return pod;
  }

  async events(pod: RunningPod): Promise<Event[]> {
    const { items } = await this.get<{ items: Event[] }>('events');
    return items.filter(({ involvedObject }) => involvedObject.name === pod.metadata.name);
  }

  /** `POST /v1/audio/transcriptions` through the Service, which the API server reaches for us. */
  async transcribeThroughService(audio: Uint8Array): Promise<Answer> {
    const { server, ca, token } = apiServer();
    const form = new Response(audioForm(audio, { model: 'whisper-1' }));
    const url = `${server}/api/v1/namespaces/${this.namespace}/services/${NAME}:http/proxy/v1/audio/transcriptions`;
    const headers = { authorization: `Bearer ${token}`, 'content-type': form.headers.get('content-type')! };
    const body = Buffer.from(await form.arrayBuffer());
    return new Promise((resolve, reject) => {
      const request = https.request(url, { method: 'POST', ca, headers }, (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => (text += chunk))
          .on('end', () => {
            resolve({ status: response.statusCode!, text });
          })
          .on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }
}

/** `POST /v1/audio/transcriptions` to a pod. */
export async function transcribe(pod: RunningPod, audio: Uint8Array): Promise<Answer> {
  const body = audioForm(audio, { model: 'whisper-1' });
  const response = await fetch(`${podUrl(pod)}/v1/audio/transcriptions`, { method: 'POST', body });
  return { status: response.status, text: await response.text() };
}

export function podUrl(pod: RunningPod): string {
  return `http://${pod.status.podIP}:8000`;
}

export function cgroupOf(pod: RunningPod): ContainerCgroup {
  return new ContainerCgroup(pod.metadata.uid, pod.status.containerStatuses[0].containerID);
}

/** Seconds from the creation of a pod to its readiness, as Kubernetes notes them: whole ones. */
export function secondsToReady({ metadata, status }: RunningPod): number {
  const ready = status.conditions.find(({ type }) => type === 'Ready')!;
  return (Date.parse(ready.lastTransitionTime) - Date.parse(metadata.creationTimestamp)) / 1000;
}

function apiServer(): { readonly server: string; readonly ca: string; readonly token: string } {
  const config = parse(readFileSync(process.env.KUBECONFIG!, 'utf8')) as {
    clusters: [{ cluster: { server: string; 'certificate-authority': string } }];
    users: [{ user: { token: string } }];
  };
  const { server, 'certificate-authority': authority } = config.clusters[0].cluster;
  return { server, ca: readFileSync(authority, 'utf8'), token: config.users[0].user.token };
}
