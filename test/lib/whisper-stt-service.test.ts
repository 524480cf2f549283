import { ApiObject, JsonPatch, Size, Testing } from 'cdk8s';
import { WhisperSttService } from '../../lib';
import { ALL_PROPS } from './all-props';
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
    expect(synthesize(ALL_PROPS).objects).toMatchSnapshot();
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
