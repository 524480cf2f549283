import { ApiObject, Duration, JsonPatch, Size, Testing } from 'cdk8s';
import { Cpu, ImagePullPolicy, TaintEffect } from 'cdk8s-plus-28';
import {
  Device,
  ModelSource,
  NetworkPeer,
  Quantization,
  WhisperModel,
  WhisperSttService,
  type WhisperSttServiceProps,
} from '../../lib';
import { failure, IMAGE, synthesize, testChart } from './synthesize';

describe('WhisperSttService', () => {
  test('with an image alone it emits everything that a service needs, the namespace first', () => {
    const { objects } = synthesize();

    expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      'Namespace/voice-agent-phase5',
      'NetworkPolicy/stt-service',
      'ServiceAccount/stt-service',
      'Deployment/stt-service',
      'PodDisruptionBudget/stt-service',
      'Service/stt-service',
      'HorizontalPodAutoscaler/stt-service-hpa',
    ]);
    expect(objects).toMatchSnapshot();
  });

  test('every prop reaches the manifests', () => {
    // Required: a prop that is added stops this test from compiling until it is covered here.
    const all: Required<WhisperSttServiceProps> = {
      image: 'registry.example.com:5000/voice/whisper:2.0.0',
      imageDigest: `sha256:${'0f'.repeat(32)}`,
      imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
      imagePullSecrets: ['registry'],
      name: 'dictation',
      labels: { 'app.kubernetes.io/part-of': 'dictation-suite', team: 'speech' },
      namespace: 'dictation-prod',
      createNamespace: true,
      cpus: 4,
      memory: Size.gibibytes(4),
      ephemeralStorage: Size.mebibytes(256),
      model: WhisperModel.custom('dictation', Size.gibibytes(3)),
      quantization: Quantization.FP32,
      modelSource: ModelSource.imageVolume('registry.example.com:5000/voice/models:3'),
      device: Device.GPU,
      gpus: 2,
      apiKeysSecretName: 'dictation-callers',
      apiKeysSecretKey: 'keys.txt',
      env: { STT_LOG_LEVEL: 'debug' },
      podLabels: { 'cost-center': '4711' },
      podAnnotations: { 'linkerd.io/inject': 'disabled' },
      sidecars: [
        { name: 'logs', image: 'log-shipper:3', cpu: Cpu.millis(100), memory: Size.mebibytes(64) },
        { name: 'proxy', image: 'proxy:1', cpu: Cpu.units(1), memory: Size.mebibytes(128), startsFirst: true },
      ],
      startupProbe: { periodSeconds: Duration.seconds(3), failureThreshold: 100 },
      livenessProbe: { initialDelaySeconds: Duration.seconds(1), timeoutSeconds: Duration.seconds(7) },
      readinessProbe: { successThreshold: 2, failureThreshold: 1 },
      requestTimeout: Duration.minutes(5),
      endpointPropagation: Duration.seconds(10),
      drainMargin: Duration.seconds(20),
      terminationGracePeriod: Duration.minutes(6),
      progressDeadline: Duration.minutes(15),
      revisionHistoryLimit: 2,
      maxSurge: 2,
      maxUnavailable: 1,
      podDisruptionBudget: true,
      maxUnavailablePods: 2,
      topologySpread: true,
      hostAntiAffinity: true,
      cpuPinningPool: { key: 'node-pool', value: 'pinned-cpus' },
      nodeSelector: { 'kubernetes.io/arch': 'amd64' },
      tolerations: [{ key: 'dedicated', value: 'voice', effect: TaintEffect.NO_SCHEDULE }],
      priorityClassName: 'voice',
      runtimeClassName: 'nvidia',
      minReplicas: 3,
      maxReplicas: 12,
      targetCpuUtilizationPercent: 50,
      targetMemoryUtilizationPercent: 80,
      idleMemory: Size.gibibytes(2),
      containerMetrics: true,
      scaleUpWindow: Duration.seconds(15),
      scaleDownWindow: Duration.minutes(10),
      port: 9000,
      preferSameZone: true,
      networkPolicy: true,
      callers: [NetworkPeer.pods({ app: 'voice-agent' })],
      scrapers: [NetworkPeer.namespace('observability')],
      allowDns: false,
      egress: [{ to: NetworkPeer.namespace('logging'), ports: [4317] }],
      ingress: { host: 'stt.example.com' },
      httpRoute: { gateway: 'public', gatewayNamespace: 'gateways' },
      resourceQuota: true,
      limitRange: true,
      admissionPolicy: true,
      kubernetesVersion: '1.36',
      serviceMonitor: { labels: { release: 'kube-prometheus' } },
    };

    expect(synthesize(all).objects).toMatchSnapshot();
  });

  test('each child can be reached', () => {
    const { service } = synthesize();

    expect(
      [
        service.namespace!,
        service.serviceAccount,
        service.deployment,
        service.podDisruptionBudget!,
        service.service,
        service.hpa,
      ].map((child) => ApiObject.of(child).kind),
    ).toEqual([
      'Namespace',
      'ServiceAccount',
      'Deployment',
      'PodDisruptionBudget',
      'Service',
      'HorizontalPodAutoscaler',
    ]);
  });

  test('its default child is the Deployment', () => {
    const { service } = synthesize();

    expect(service.node.defaultChild).toBe(ApiObject.of(service.deployment));
    expect(ApiObject.of(service).kind).toBe('Deployment');
  });

  test('a JSON patch on any child appears in its manifest', () => {
    const { objects } = synthesize(
      {},
      {
        change: (service) => {
          for (const child of service.node.findAll().filter((each) => ApiObject.isApiObject(each))) {
            child.addJsonPatch(JsonPatch.add('/metadata/annotations', { patched: 'yes' }));
          }
        },
      },
    );

    expect(objects).toHaveLength(7);
    for (const object of objects) {
      expect(object).toHaveProperty('metadata.annotations.patched', 'yes');
    }
  });

  test('a patch can overrule what the construct itself patches', () => {
    const { deployment } = synthesize(
      {},
      {
        change: (service) => {
          ApiObject.of(service).addJsonPatch(JsonPatch.replace('/spec/revisionHistoryLimit', 2));
        },
      },
    );

    expect(deployment).toHaveProperty('spec.revisionHistoryLimit', 2);
  });

  test('one error lists every faulty prop, with the path of the construct, code, value and remedy', () => {
    const message = failure(() => synthesize({ cpus: 1.5, memory: Size.kibibytes(1500), port: 80, minReplicas: 0 }));

    expect(message.split('\n')).toEqual([
      'WhisperSttService "test/stt" has 4 faulty props:',
      '  [replicas-invalid] minReplicas is 0: it must be a whole number of at least 1. Give a number of pods.',
      '  [cpus-not-whole] cpus is 1.5: it must be a whole number of at least 1. The kubelet pins whole CPUs only. Give 1 or 2.',
      '  [memory-invalid] memory is "1.46484375Mi": it must be whole mebibytes of at least 1. Give the memory with Size.mebibytes or Size.gibibytes.',
      '  [port-invalid] port is 80: it must be a whole number from 1024 to 65535. The server has no privileges, and ports below 1024 may need some.',
    ]);
  });

  test('two services of one chart live side by side', () => {
    const chart = testChart({ namespace: 'voice' });
    new WhisperSttService(chart, 'english', { image: IMAGE, name: 'english' });
    new WhisperSttService(chart, 'spanish', { image: IMAGE, name: 'spanish', createNamespace: false });

    expect(Testing.synth(chart)).toHaveLength(13);
  });
});
