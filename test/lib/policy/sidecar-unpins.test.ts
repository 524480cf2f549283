import { sidecarUnpins } from '../../../lib/policy/sidecar-unpins';
import { deploymentOf, serverContainer } from './manifests';

describe('sidecar-unpins', () => {
  test('finds nothing where every other container asks for what it may use, however that is written', () => {
    const sidecar = {
      name: 'logs',
      resources: { requests: { cpu: '0.1', memory: 67108864 }, limits: { cpu: '100m', memory: '64Mi' } },
    };

    expect(sidecarUnpins.check([deploymentOf({ containers: [serverContainer(), sidecar] })])).toEqual([]);
  });

  test('finds a sidecar without resources', () => {
    expect(sidecarUnpins.check([deploymentOf({ containers: [serverContainer(), { name: 'logs' }] })])).toEqual(
      ['cpu', 'memory'].map((resource) => ({
        object: 'Deployment stt',
        field: `containers[logs].resources.limits.${resource}`,
        got: undefined,
        remedy: 'Give the container requests and equal limits.',
      })),
    );
  });

  test.each([undefined, 'Always'])(
    'finds init containers too (restartPolicy %s): they count for the class',
    (restartPolicy) => {
      const findings = sidecarUnpins.check([
        deploymentOf({ containers: [serverContainer()], initContainers: [{ name: 'copy', restartPolicy }] }),
      ]);

      expect(findings.map(({ field }) => field)).toEqual([
        'initContainers[copy].resources.limits.cpu',
        'initContainers[copy].resources.limits.memory',
      ]);
    },
  );

  test('leaves the server to its own rule', () => {
    expect(sidecarUnpins.check([deploymentOf({ containers: [serverContainer({ resources: {} })] })])).toEqual([]);
  });
});
