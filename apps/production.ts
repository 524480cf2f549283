/**
 * Everything that production asks for: a pool of nodes that pins CPUs, priority over batch work, API keys, two ways in
 * from outside, monitoring, and guards that refuse what would take the pinned CPUs away.
 *
 * Use it as the list to choose from, when other teams depend on the service and the cluster is Kubernetes 1.35 or later
 * with the Gateway API and the Prometheus Operator.
 */
import { App, Chart, Duration } from 'cdk8s';
import { k8s, TaintEffect } from 'cdk8s-plus-28';
import { NetworkPeer, WhisperSttService } from '../lib';

const app = new App();
// No namespace: cdk8s would put it on the PriorityClass too, which is of the whole cluster.
const chart = new Chart(app, 'production');

// Speech cannot wait: a node that is full ends work of lower priority first.
const priority = new k8s.KubePriorityClass(chart, 'priority', {
  metadata: { name: 'voice' },
  value: 1_000_000,
  description: 'Services that people talk to',
});

const { warnings } = new WhisperSttService(chart, 'stt', {
  kubernetesVersion: '1.35',
  name: 'whisper-stt',
  namespace: 'voice',
  labels: { 'app.kubernetes.io/part-of': 'voice-agents', owner: 'speech-platform' },

  // A tag for people, a digest for machines.
  image: 'registry.example.com/voice/whisper-stt:1.0.0',
  imageDigest: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  imagePullSecrets: ['registry'],
  apiKeysSecretName: 'whisper-stt-keys',

  minReplicas: 3,
  maxReplicas: 12,
  requestTimeout: Duration.minutes(2),

  priorityClassName: priority.name,
  cpuPinningPool: { key: 'node-pool', value: 'pinned-cpus' },
  nodeSelector: { 'kubernetes.io/arch': 'amd64' },
  tolerations: [{ key: 'dedicated', value: 'voice', effect: TaintEffect.NO_SCHEDULE }],

  callers: [NetworkPeer.ownNamespace(), NetworkPeer.namespace('agents', { app: 'voice-agent' })],
  scrapers: [NetworkPeer.namespace('monitoring', { 'app.kubernetes.io/name': 'prometheus' })],
  allowDns: true,
  preferSameZone: true,

  // Keep the one that your cluster has. The certificate is there already: the quota and the LimitRange have no room for
  // the pod with which cert-manager would solve an HTTP-01 challenge.
  ingress: { host: 'stt.example.com', tlsSecretName: 'stt-example-com' },
  httpRoute: {
    gateway: 'public',
    gatewayNamespace: 'gateways',
    sectionName: 'https',
    hostnames: ['whisper.example.com'],
  },

  serviceMonitor: { labels: { release: 'kube-prometheus-stack' } },

  resourceQuota: true,
  limitRange: true,
  admissionPolicy: true,
});

for (const warning of warnings) {
  console.warn(warning);
}
app.synth();
