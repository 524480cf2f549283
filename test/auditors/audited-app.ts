import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const DIST = join(__dirname, '../../dist');
const SUFFIX = '.k8s.yaml';

/** The manifests that an auditor looks at together. */
export class AuditedApp {
  /** Every app of dist/. */
  static all(): AuditedApp[] {
    return readdirSync(DIST).map((file) => {
      const documents = parseAllDocuments(readFileSync(join(DIST, file), 'utf8'));
      return new AuditedApp(
        file.slice(0, -SUFFIX.length),
        documents.map((document) => document.toJS() as KubernetesObject),
      );
    });
  }

  constructor(
    readonly name: string,
    readonly objects: readonly KubernetesObject[],
  ) {}

  ofKind(kind: string): KubernetesObject[] {
    return this.objects.filter((object) => object.kind === kind);
  }

  /** Pod templates of the Deployments. */
  pods(): { readonly at: string; readonly deployment: KubernetesObject; readonly pod: PodTemplate }[] {
    return this.ofKind('Deployment').map((deployment) => ({
      at: title(deployment),
      deployment,
      pod: deployment.spec?.template ?? {},
    }));
  }

  /** Containers of the Deployments, init containers too. */
  containers(): { readonly at: string; readonly container: Container; readonly pod: PodTemplate }[] {
    return this.pods().flatMap(({ at, pod }) =>
      [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map((container) => ({
        at: `${at} ${container.name}`,
        container,
        pod,
      })),
    );
  }

  /** Containers that go on running: what ends before the others begin is not probed. */
  runningContainers(): { readonly at: string; readonly container: Container }[] {
    return this.pods().flatMap(({ at, pod }) =>
      (pod.spec?.containers ?? []).map((container) => ({ at: `${at} ${container.name}`, container })),
    );
  }

  /** Whether pods of this namespace carry all these labels. */
  hasPods(namespace: string | undefined, labels: Record<string, string> | undefined): boolean {
    return (
      Object.keys(labels ?? {}).length > 0 &&
      this.pods().some(
        ({ deployment, pod }) => deployment.metadata.namespace === namespace && includes(pod.metadata?.labels, labels),
      )
    );
  }
}

/** Kind and name, as a finding names an object. */
export function title({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata.name}`;
}

/** Whether the labels have all those of the selector. */
export function includes(labels: Record<string, string> = {}, selector: Record<string, string> = {}): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata & { readonly name: string };
  readonly automountServiceAccountToken?: boolean;
  readonly data?: Record<string, string>;
  readonly spec?: Spec;
}

interface Metadata {
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

/** The fields that auditors read, of whatever kind. */
export interface Spec {
  readonly replicas?: number;
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly minAvailable?: number | string;
  readonly maxUnavailable?: number | string;
  readonly unhealthyPodEvictionPolicy?: string;
  readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
  readonly strategy?: { readonly type?: string; readonly rollingUpdate?: Record<string, number | string> };
  /** `{ matchLabels }` of a Deployment, plain labels of a Service. */
  readonly selector?: { readonly matchLabels?: Record<string, string> } & Record<string, unknown>;
  readonly template?: PodTemplate;
  readonly type?: string;
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly targetPort?: number | string }[];
  readonly externalIPs?: readonly string[];
  readonly podSelector?: { readonly matchLabels?: Record<string, string> };
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly { readonly from?: readonly object[] }[];
  readonly egress?: readonly { readonly to?: readonly object[] }[];
  readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[];
  readonly rules?: readonly {
    readonly http?: { readonly paths: readonly { readonly backend: IngressBackend }[] };
    readonly backendRefs?: readonly { readonly name: string; readonly namespace?: string; readonly port: number }[];
  }[];
  readonly hostnames?: readonly string[];
  readonly endpoints?: readonly { readonly port: string }[];
  readonly hard?: Record<string, string>;
  readonly limits?: readonly Record<string, unknown>[];
}

interface IngressBackend {
  readonly service: { readonly name: string; readonly port: { readonly name?: string; readonly number?: number } };
}

export interface PodTemplate {
  readonly metadata?: Metadata;
  readonly spec?: PodSpec;
}

interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly (Record<string, object | string> & { readonly name: string })[];
  readonly serviceAccountName?: string;
  readonly serviceAccount?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly restartPolicy?: string;
  readonly priorityClassName?: string;
  readonly securityContext?: SecurityContext & { readonly sysctls?: readonly object[] };
  readonly topologySpreadConstraints?: readonly {
    readonly maxSkew: number;
    readonly minDomains?: number;
    readonly topologyKey: string;
    readonly labelSelector?: { readonly matchLabels?: Record<string, string> };
  }[];
  readonly affinity?: {
    readonly podAntiAffinity?: {
      readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
        readonly podAffinityTerm: AffinityTerm;
      }[];
      readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly AffinityTerm[];
    };
  };
}

export interface AffinityTerm {
  readonly topologyKey: string;
  readonly labelSelector?: {
    readonly matchLabels?: Record<string, string>;
    readonly matchExpressions?: readonly {
      readonly key: string;
      readonly operator: string;
      readonly values?: readonly string[];
    }[];
  };
}

export interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly procMount?: string;
  readonly seccompProfile?: { readonly type: string };
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  readonly windowsOptions?: { readonly hostProcess?: boolean };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly command?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: Record<string, object>;
  }[];
  readonly envFrom?: readonly object[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly hostPort?: number }[];
  readonly resources?: Record<'requests' | 'limits', Record<string, string> | undefined>;
  readonly securityContext?: SecurityContext;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: number | string; readonly host?: string };
}
