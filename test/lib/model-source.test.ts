import { Size } from 'cdk8s';
import { ModelSource } from '../../lib';
import { failure, synthesize } from './synthesize';

const POD = 'spec.template.spec';
const SERVER = `${POD}.containers[0]`;
const COPY = `${POD}.initContainers[0]`;

describe('models', () => {
  test.each([undefined, ModelSource.bakedIntoImage()])('are in the image by default', (modelSource) => {
    const { deployment } = synthesize({ modelSource });

    expect(deployment).toHaveProperty(`${POD}.volumes.length`, 1);
    expect(deployment).not.toHaveProperty(`${POD}.initContainers`);
  });

  describe('of a claim', () => {
    test('are mounted read-only, twice said', () => {
      const { deployment } = synthesize({ modelSource: ModelSource.persistentVolumeClaim('whisper-models') });

      expect(deployment).toHaveProperty(`${POD}.volumes[1]`, {
        name: 'models',
        persistentVolumeClaim: { claimName: 'whisper-models', readOnly: true },
      });
      expect(deployment).toHaveProperty(`${SERVER}.volumeMounts[1]`, {
        name: 'models',
        mountPath: '/models',
        readOnly: true,
      });
    });

    test('can lie below its root', () => {
      const { deployment } = synthesize({ modelSource: ModelSource.persistentVolumeClaim('data', 'stt/models') });

      expect(deployment).toHaveProperty(`${SERVER}.volumeMounts[1].subPath`, 'stt/models');
    });

    test.each([
      [ModelSource.persistentVolumeClaim('Whisper Models'), 'modelSource.claimName is "Whisper Models"'],
      [ModelSource.persistentVolumeClaim('data', '/models'), 'modelSource.subPath is "/models"'],
      [ModelSource.persistentVolumeClaim('data', 'a/../../b'), 'modelSource.subPath is "a/../../b"'],
    ])('need a claim and a folder', (modelSource, message) => {
      expect(failure(() => synthesize({ modelSource }))).toContain(`[model-source-invalid] ${message}`);
    });
  });

  describe('of an image that is copied', () => {
    const { deployment } = synthesize({ modelSource: ModelSource.ociImage('registry.example.com/whisper-models:1') });

    test('are copied before the server starts, and cannot be written by it', () => {
      expect(deployment).toHaveProperty(COPY, expect.objectContaining({ name: 'copy-models' }));
      expect(deployment).toHaveProperty(`${COPY}.image`, 'registry.example.com/whisper-models:1');
      expect(deployment).toHaveProperty(`${COPY}.command`, ['/bin/cp', '-r', '/models/.', '/model-store/']);
      expect(deployment).toHaveProperty(`${COPY}.volumeMounts`, [{ name: 'models', mountPath: '/model-store' }]);
      expect(deployment).toHaveProperty(`${POD}.volumes[1]`, { name: 'models', emptyDir: { sizeLimit: '1024Mi' } });
      expect(deployment).toHaveProperty(`${SERVER}.volumeMounts[1]`, {
        name: 'models',
        mountPath: '/models',
        readOnly: true,
      });
    });

    test('leave the pod Guaranteed: the copy has what the server has, and the disk holds the models', () => {
      const amounts = { cpu: '2', memory: '700Mi', 'ephemeral-storage': '1088Mi' };

      expect(deployment).toHaveProperty(`${COPY}.resources`, { requests: amounts, limits: amounts });
      expect(deployment).toHaveProperty(`${SERVER}.resources`, { requests: amounts, limits: amounts });
    });

    test('are copied without privileges, as Pod Security restricted demands of init containers too', () => {
      expect(deployment).toHaveProperty(`${COPY}.securityContext`, {
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        privileged: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      });
    });

    test('can be copied by another program, and be of another size', () => {
      const { deployment: other } = synthesize({
        modelSource: ModelSource.ociImage('models:1', { command: ['/copy'], size: Size.mebibytes(200) }),
      });

      expect(other).toHaveProperty(`${COPY}.command`, ['/copy']);
      expect(other).toHaveProperty(`${POD}.volumes[1].emptyDir.sizeLimit`, '200Mi');
      expect(other).toHaveProperty(`${SERVER}.resources.limits.ephemeral-storage`, '264Mi');
    });

    test.each([
      [ModelSource.ociImage('models 1'), '[image-invalid] modelSource.image is "models 1"'],
      [ModelSource.ociImage('models:1', { command: [] }), '[model-source-invalid] modelSource.command is "[]"'],
      [ModelSource.ociImage('m:1', { size: Size.kibibytes(1) }), '[model-source-invalid] modelSource.size is'],
    ])('need an image, a program and room', (modelSource, message) => {
      expect(failure(() => synthesize({ modelSource }))).toContain(message);
    });
  });

  describe('of an image that is mounted', () => {
    const modelSource = ModelSource.imageVolume('registry.example.com/whisper-models:1');

    test('are a volume on clusters that have it, and survive the schema of cdk8s-plus-28', () => {
      const { deployment } = synthesize({ modelSource, kubernetesVersion: '1.35' });

      expect(deployment).toHaveProperty(`${POD}.volumes[1]`, {
        name: 'models',
        image: { reference: 'registry.example.com/whisper-models:1', pullPolicy: 'Always' },
      });
      expect(deployment).toHaveProperty(`${SERVER}.volumeMounts[1]`, {
        name: 'models',
        mountPath: '/models',
        readOnly: true,
      });
      expect(deployment).not.toHaveProperty(`${POD}.initContainers`);
      expect(deployment).toHaveProperty(`${SERVER}.resources.limits.ephemeral-storage`, '64Mi');
    });

    test('are refused on older clusters, which would mount an empty folder', () => {
      expect(failure(() => synthesize({ modelSource, kubernetesVersion: '1.34' }))).toContain(
        '[model-source-unsupported] modelSource is "imageVolume": kubernetesVersion is 1.34, and image volumes need ' +
          '1.35. Use ModelSource.ociImage, or raise kubernetesVersion where every cluster has it.',
      );
    });

    test('need an image', () => {
      const faulty = { modelSource: ModelSource.imageVolume(''), kubernetesVersion: '1.36' };

      expect(failure(() => synthesize(faulty))).toContain('[image-invalid] modelSource.image is ""');
    });
  });
});
