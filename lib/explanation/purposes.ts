/** Why an object of a kind is there, and the props that change it. */
export interface Purpose {
  readonly why: string;
  readonly props: string;
}

/** Of everything that a `WhisperSttService` emits, by kind. */
export const PURPOSES: Readonly<Record<string, Purpose>> = {
  Namespace: { why: 'refuses pods that are not restricted', props: 'namespace, createNamespace' },
  ServiceAccount: { why: 'an account for the pods alone, without a token', props: 'name' },
  Deployment: {
    why: 'the pods: Guaranteed, pinned, probed, drained',
    props: 'image, model, cpus, memory, …Probe, requestTimeout',
  },
  Service: { why: 'the address that callers connect to', props: 'name, port' },
  HorizontalPodAutoscaler: {
    why: 'adds pods under load, and removes them slowly',
    props: 'minReplicas, maxReplicas, target…UtilizationPercent, idleMemory, containerMetrics, scale…Window',
  },
  PodDisruptionBudget: {
    why: 'node drains take the pods one after the other',
    props: 'podDisruptionBudget, maxUnavailablePods',
  },
  NetworkPolicy: {
    why: 'callers, scraping and DNS; nothing else',
    props: 'networkPolicy, callers, scrapers, allowDns, egress',
  },
  ResourceQuota: { why: 'the namespace cannot outgrow this service', props: 'resourceQuota' },
  LimitRange: { why: 'refuses containers that would unpin a pod', props: 'limitRange' },
  ValidatingAdmissionPolicy: { why: 'the cluster refuses unpinned pods', props: 'admissionPolicy' },
  ValidatingAdmissionPolicyBinding: { why: 'puts that policy into force here', props: 'admissionPolicy' },
  Ingress: { why: 'callers outside of the cluster', props: 'ingress' },
  HTTPRoute: { why: 'callers outside of the cluster, by a Gateway', props: 'httpRoute' },
  ServiceMonitor: { why: 'Prometheus finds the metrics', props: 'serviceMonitor' },
};

/** What can be said of an object that somebody else made. */
export const FOREIGN: Purpose = { why: 'made by the app, not by a WhisperSttService', props: '' };
