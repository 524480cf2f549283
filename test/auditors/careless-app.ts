import { AuditedApp, type Container, type KubernetesObject } from './audited-app';

const NAMESPACE = 'default';

/** Everything that an auditor minds, so that each check can show that it finds something. */
const server: Container = {
  name: 'server',
  image: 'server:latest',
  imagePullPolicy: 'IfNotPresent',
  env: [
    { name: 'MAX_TOKENS', value: '448' },
    { name: 'CLIENT_SECRET', value: 'hunter2' },
    { name: 'CLIENT_SECRET', value: 'hunter2' },
    { name: 'API_KEY', value: 'hunter2' },
    { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'password', key: 'password' } } },
  ],
  ports: [{ name: 'ssh', containerPort: 22, hostPort: 22 }],
  resources: { requests: undefined, limits: undefined },
  livenessProbe: { httpGet: { path: '/', port: 8080, host: 'example.com' } },
  readinessProbe: { httpGet: { path: '/', port: 8080, host: 'example.com' } },
  startupProbe: { httpGet: { path: '/', port: 8080 } },
  securityContext: {
    privileged: true,
    allowPrivilegeEscalation: true,
    procMount: 'Unmasked',
    capabilities: { add: ['SYS_ADMIN'] },
    windowsOptions: { hostProcess: true },
  },
};

const silent: Container = { name: 'silent', image: 'silent', command: ['sudo', 'silent'] };

const deployment: KubernetesObject = {
  apiVersion: 'extensions/v1beta1',
  kind: 'Deployment',
  metadata: { name: 'careless', namespace: NAMESPACE },
  spec: {
    replicas: 1,
    selector: { matchLabels: { other: 'labels' } },
    template: {
      metadata: { labels: { 'not valid': 'not valid' } },
      spec: {
        containers: [server, silent],
        volumes: [
          { name: 'host', hostPath: { path: '/var/run/docker.sock' } },
          { name: 'password', configMap: { name: 'password' } },
        ],
        serviceAccount: 'default',
        hostIPC: true,
        hostNetwork: true,
        hostPID: true,
        restartPolicy: 'Never',
        topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone' }],
      },
    },
  },
};

const withSysctls: KubernetesObject = {
  ...deployment,
  metadata: { name: 'sysctls', namespace: NAMESPACE },
  spec: {
    template: {
      spec: { containers: [], securityContext: { sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }] } },
    },
  },
};

const object = (kind: string, fields: Partial<KubernetesObject>): KubernetesObject => ({
  apiVersion: 'v1beta1',
  kind,
  metadata: { name: 'careless', namespace: NAMESPACE },
  ...fields,
});

export const CARELESS = new AuditedApp('careless', [
  deployment,
  withSysctls,
  object('ServiceAccount', { automountServiceAccountToken: true }),
  object('HorizontalPodAutoscaler', {
    spec: { minReplicas: 1, maxReplicas: 1, scaleTargetRef: { kind: 'Deployment', name: 'nobody' } },
  }),
  object('PodDisruptionBudget', {
    spec: { minAvailable: 1, maxUnavailable: 0, selector: { matchLabels: { nobody: 'here' } } },
  }),
  object('NetworkPolicy', {
    spec: { podSelector: { matchLabels: { nobody: 'here' } }, ingress: [{}], policyTypes: [] },
  }),
  object('Service', {
    spec: {
      type: 'NodePort',
      externalIPs: ['192.0.2.1'],
      ports: [{ port: 80, targetPort: 'nowhere' }],
      selector: { nobody: 'here' },
    },
  }),
  object('Ingress', {
    metadata: {
      name: 'careless',
      annotations: {
        'nginx.ingress.kubernetes.io/server-snippet': 'return 200;',
        'nginx.ingress.kubernetes.io/auth-url': 'https://auth.example.com/#;load_module',
      },
    },
    spec: { rules: [{ http: { paths: [{ backend: { service: { name: 'nobody', port: { number: 80 } } } }] } }] },
  }),
  object('HTTPRoute', { spec: { rules: [{ backendRefs: [{ name: 'nobody', namespace: 'elsewhere', port: 80 }] }] } }),
  object('ServiceMonitor', {
    spec: { selector: { matchLabels: { nobody: 'here' } }, endpoints: [{ port: 'nowhere' }] },
  }),
  object('ResourceQuota', { spec: { hard: { pods: '1' } } }),
  object('LimitRange', { spec: { limits: [{ type: 'Container', max: { cpu: '2' } }] } }),
  object('ConfigMap', { data: { password: 'hunter2' } }),
]);
