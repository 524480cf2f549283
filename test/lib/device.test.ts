import { Device } from '../../lib';
import { DEFAULTS, DEVICES } from '../../lib/contract';
import { failure, synthesize } from './synthesize';

const POD = 'spec.template.spec';

describe('the device', () => {
  test('is the CPU, without any extended resource', () => {
    const { service, deployment } = synthesize();

    expect(deployment).toHaveProperty(
      `${POD}.containers[0].env`,
      expect.arrayContaining([{ name: 'STT_DEVICE', value: 'cpu' }]),
    );
    expect(JSON.stringify(deployment)).not.toContain('nvidia');
    expect(service.warnings.join()).not.toContain('gpu');
  });

  test('gpu asks for a GPU, tolerates its taint and tells the server', () => {
    const { deployment } = synthesize({ device: Device.GPU });

    expect(deployment).toHaveProperty([...path('requests'), 'nvidia.com/gpu'], '1');
    expect(deployment).toHaveProperty([...path('limits'), 'nvidia.com/gpu'], '1');
    expect(deployment).toHaveProperty(`${POD}.tolerations`, [
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
    ]);
    expect(deployment).toHaveProperty(
      `${POD}.containers[0].env`,
      expect.arrayContaining([{ name: 'STT_DEVICE', value: 'gpu' }]),
    );
  });

  test('gpu leaves the pod Guaranteed and its CPUs whole', () => {
    const { deployment } = synthesize({ device: Device.GPU, gpus: 2 });
    const amounts = { cpu: '2', memory: '700Mi', 'ephemeral-storage': '64Mi', 'nvidia.com/gpu': '2' };

    expect(deployment).toHaveProperty(`${POD}.containers[0].resources`, { requests: amounts, limits: amounts });
  });

  test('gpu takes further tolerations and a runtime class', () => {
    const { deployment } = synthesize({
      device: Device.GPU,
      runtimeClassName: 'nvidia',
      tolerations: [{ key: 'dedicated' }],
    });

    expect(deployment).toHaveProperty(`${POD}.runtimeClassName`, 'nvidia');
    expect(deployment).toHaveProperty(`${POD}.tolerations.length`, 2);
  });

  test('gpu warns that nobody has tried it', () => {
    expect(synthesize({ device: Device.GPU }).service.warnings).toContainEqual(
      expect.stringMatching(/^\[gpu-untried\] device is gpu: this project builds no GPU image yet and has run none/),
    );
  });

  test.each([0, 0.5, -1])('gpu cannot have %d of them', (gpus) => {
    expect(failure(() => synthesize({ device: Device.GPU, gpus }))).toContain(`[gpus-invalid] gpus is ${gpus}`);
  });

  test('GPUs for the CPU are refused', () => {
    expect(failure(() => synthesize({ gpus: 1 }))).toContain('[gpus-without-gpu] gpus is 1: nothing would use them.');
  });

  test('is one that the server knows, with the same default', () => {
    expect(Object.values(Device)).toEqual([...DEVICES]);
    expect(Device.CPU).toBe(DEFAULTS.device);
  });
});

function path(kind: string): string[] {
  return ['spec', 'template', 'spec', 'containers', '0', 'resources', kind];
}
