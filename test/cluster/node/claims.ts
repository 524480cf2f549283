/** What is promised of a pod on a real node; each has a test that measures it, and a line in docs/proof.md. */
export const CLAIMS = {
  'pulled-by-digest': 'The image is pulled by its digest',
  'ready-in-time': 'A pod is ready within 30 s',
  'probes-pass': "The kubelet's own probes pass, without a restart",
  'rollout-status': '`kubectl rollout status deployment/stt-service` says that it is rolled out',
  'qos-by-jsonpath': '`kubectl get pods -o jsonpath` says Guaranteed',
  'top-pods': '`kubectl top pods -l app=stt-service` prints what a pod uses',
  'get-hpa': '`kubectl get hpa stt-service-hpa` prints targets, range and replicas',
  guaranteed: 'The quality of service is Guaranteed',
  'pinned-inside': 'CPUs are pinned, as the process sees them',
  'pinned-outside': 'CPUs are pinned, as the cgroup says',
  'no-quota': 'No CFS quota throttles a pod that has its CPUs for itself',
  'neighbour-kept-out': 'A Burstable neighbour cannot run on the CPUs of the pod',
  'threads-match': 'As many inference threads as CPUs',
  'memory-limit': 'Memory is limited to 700Mi, and the server knows it',
  environment: 'OMP_NUM_THREADS, MKL_NUM_THREADS and STT_* reach the process',
  sealed: 'User 10001, no capability, seccomp, no new privileges, read-only root',
  'idle-memory': 'A pod with tiny idles at 328Mi or less, as the autoscaler reads it',
  transcribes: 'Audio sent through the Service comes back as its text',
  'probes-under-load': 'Probes stay green while a pod is saturated for a minute',
  'deleted-in-flight': 'A request in flight is answered when its pod is deleted, within the grace period',
  'rollout-in-flight': 'A request in flight is answered when its pod is replaced at a rollout',
  'killed-engine': 'A killed engine is restarted, and its request is answered',
  'out-of-memory': 'A pod that runs out of memory is started again by the kubelet',
  'pinned-again': 'A pod that was started again is pinned again',
  'scales-up': 'The autoscaler reads real usage and asks for more pods above its CPU target',
  'scales-down': 'At rest it returns to the minimum',
  'negative-proof': 'Without equal requests and limits it is Burstable and shares its CPUs: these tests can fail',
} as const;

export type ClaimId = keyof typeof CLAIMS;

/** What a node of two CPUs, one of them to give, cannot show. */
export const NOT_PROVED = {
  '`apps/voice-agent-phase5.ts` running as it is':
    'two pods of two pinned CPUs, and one more at a rollout, need seven CPUs; it is applied unchanged, and the scheduler says `Insufficient cpu`',
  'Two replicas on pinned CPUs at a time':
    'the second pod stays Pending; `npm run test:cluster` shows the replicas, on simulated nodes',
  Speed: 'a pinned CPU is exclusive among pods, not among the processes of this machine',
  NetworkPolicy: 'the bridge of this node does not enforce it',
  'ClusterIP and cluster DNS': 'there is no kube-proxy and no CoreDNS; the Service is reached through the API server',
  arm64: 'the image is built for it, and was never run',
  'cgroup v2': 'this machine has v1; the server and these tests read both',
} as const;
