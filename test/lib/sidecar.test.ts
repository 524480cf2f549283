import { Duration, Size } from 'cdk8s';
import { Cpu, Probe, Volume, type VolumeMount } from 'cdk8s-plus-28';
import { ModelSource, NetworkPeer, type Sidecar } from '../../lib';
import { failure, testChart, synthesize as synthesizeService, type Synthesized } from './synthesize';

const POD = 'spec.template.spec';

/** With memory enough for the autoscaler to come back, which counts sidecars too. */
function synthesize(props: Parameters<typeof synthesizeService>[0] = {}): Synthesized {
  return synthesizeService({ memory: Size.gibibytes(1), ...props });
}

function logShipper(change: Partial<Sidecar> = {}): Sidecar {
  return { name: 'logs', image: 'log-shipper:3', cpu: Cpu.millis(100), memory: Size.mebibytes(64), ...change };
}

describe('a sidecar', () => {
  test('is no part of the default pod', () => {
    expect(synthesize().deployment).toHaveProperty(`${POD}.containers.length`, 1);
  });

  test('requests what it is limited to, so that the pod stays Guaranteed', () => {
    const { deployment } = synthesize({ sidecars: [logShipper()] });
    const amounts = { cpu: '100m', memory: '64Mi', 'ephemeral-storage': '64Mi' };

    expect(deployment).toHaveProperty(`${POD}.containers[1].resources`, { requests: amounts, limits: amounts });
  });

  test('is locked down as the server is, and pulled as it is', () => {
    const { deployment } = synthesize({ sidecars: [logShipper()] });
    const [server, sidecar] = (deployment as unknown as { spec: PodTemplate }).spec.template.spec.containers;

    expect(sidecar!.securityContext).toEqual(server!.securityContext);
    expect(sidecar!.imagePullPolicy).toBe('Always');
    expect(sidecar!.securityContext).toHaveProperty('capabilities.drop', ['ALL']);
  });

  test('takes a program, variables, mounts, probes and a disk of its own', () => {
    const { deployment } = synthesize({
      sidecars: [
        logShipper({
          command: ['/ship'],
          args: ['--all'],
          env: { LEVEL: 'info' },
          ephemeralStorage: Size.mebibytes(128),
          livenessProbe: Probe.fromTcpSocket({ port: 9000, periodSeconds: Duration.seconds(10) }),
          readinessProbe: Probe.fromTcpSocket({ port: 9001 }),
        }),
      ],
    });

    expect(deployment).toHaveProperty(`${POD}.containers[1]`, expect.objectContaining({ command: ['/ship'] }));
    expect(deployment).toHaveProperty(`${POD}.containers[1].args`, ['--all']);
    expect(deployment).toHaveProperty(`${POD}.containers[1].env`, [{ name: 'LEVEL', value: 'info' }]);
    expect(deployment).toHaveProperty(`${POD}.containers[1].resources.limits.ephemeral-storage`, '128Mi');
    expect(deployment).toHaveProperty(`${POD}.containers[1].livenessProbe.tcpSocket.port`, 9000);
    expect(deployment).toHaveProperty(`${POD}.containers[1].readinessProbe.tcpSocket.port`, 9001);
  });

  test('that starts first is an init container that goes on running', () => {
    const { deployment } = synthesize({
      kubernetesVersion: '1.29',
      sidecars: [logShipper(), logShipper({ name: 'proxy', startsFirst: true, ephemeralStorage: Size.mebibytes(16) })],
    });
    const amounts = { cpu: '100m', memory: '64Mi', 'ephemeral-storage': '16Mi' };

    expect(deployment).toHaveProperty(`${POD}.containers.length`, 2);
    expect(deployment).toHaveProperty(`${POD}.initContainers.length`, 1);
    expect(deployment).toHaveProperty(`${POD}.initContainers[0]`, expect.objectContaining({ name: 'proxy' }));
    expect(deployment).toHaveProperty(`${POD}.initContainers[0].restartPolicy`, 'Always');
    expect(deployment).toHaveProperty(`${POD}.initContainers[0].resources`, { requests: amounts, limits: amounts });
  });

  test('cannot start first before Kubernetes 1.29', () => {
    expect(failure(() => synthesize({ sidecars: [logShipper({ startsFirst: true })] }))).toContain(
      '[sidecar-unsupported] sidecars[0].startsFirst is "true": kubernetesVersion is 1.28, and native sidecars need 1.29.',
    );
  });

  test.each<[string, Partial<Sidecar>, string]>([
    ['a name', { name: 'Logs' }, 'sidecars[1].name is "Logs": it must be lower-case letters'],
    ['a name of its own', { name: 'first' }, 'sidecars[1].name is "first": another container of the pod has it.'],
    ["a name that is not the server's", { name: 'stt-service' }, 'another container of the pod has it.'],
    ['CPU', { cpu: Cpu.millis(0) }, 'sidecars[1].cpu is "0m": it must be more than 0.'],
    ['an amount of CPU', { cpu: Cpu.millis(-1) }, 'sidecars[1].cpu is "-1m": it must be more than 0.'],
    ['memory', { memory: Size.mebibytes(0) }, 'sidecars[1].memory is "0Mi"'],
    ['a disk', { ephemeralStorage: Size.kibibytes(512) }, 'sidecars[1].ephemeralStorage is "0.5Mi"'],
  ])('needs %s', (_, change, message) => {
    const got = failure(() => synthesize({ sidecars: [logShipper({ name: 'first' }), logShipper(change)] }));

    expect(got).toContain('[sidecar-invalid]');
    expect(got).toContain(message);
  });

  test('is not called as the container that copies the models', () => {
    const sidecars = [logShipper({ name: 'copy-models' })];

    expect(failure(() => synthesize({ sidecars, modelSource: ModelSource.ociImage('models:1') }))).toContain(
      '[sidecar-invalid] sidecars[0].name is "copy-models": another container of the pod has it.',
    );
    expect(failure(() => synthesize({ sidecars }))).toBe('');
  });

  test.each(['tmp', 'models', 'api-keys'])("brings no volume with the name of the server's: %s", (name) => {
    const volumeMounts = [{ path: '/data', volume: Volume.fromEmptyDir(testChart(), 'Data', name) }];

    expect(failure(() => synthesize({ sidecars: [logShipper({ volumeMounts })] }))).toContain(
      `[sidecar-invalid] sidecars[0].volumeMounts[0].volume is "${name}": another volume of the pod has that name.`,
    );
  });

  test('shares a volume with another, and not its name alone', () => {
    const mount = (volume: Volume): VolumeMount[] => [{ path: '/data', volume }];
    const data = Volume.fromEmptyDir(testChart(), 'Data', 'data');
    const other = Volume.fromEmptyDir(testChart(), 'Data', 'data');
    const pair = (second: Volume): Sidecar[] => [
      logShipper({ volumeMounts: mount(data) }),
      logShipper({ name: 'second', volumeMounts: mount(second) }),
    ];

    expect(failure(() => synthesize({ sidecars: pair(data) }))).toBe('');
    expect(failure(() => synthesize({ sidecars: pair(other) }))).toContain(
      '[sidecar-invalid] sidecars[1].volumeMounts[0].volume is "data"',
    );
  });

  test.each(['livenessProbe', 'readinessProbe'])('says the port of its %s', (field) => {
    for (const probe of [Probe.fromHttpGet('/health'), Probe.fromTcpSocket()]) {
      expect(failure(() => synthesize({ sidecars: [logShipper({ [field]: probe })] }))).toContain(
        `[sidecar-invalid] sidecars[0].${field} is "no port": it would ask port 80`,
      );
    }
    for (const probe of [Probe.fromHttpGet('/health', { port: 80 }), Probe.fromCommand(['/ok'])]) {
      expect(failure(() => synthesize({ sidecars: [logShipper({ [field]: probe })] }))).toBe('');
    }
  });

  test('that can reach nobody is warned of, unless that was said', () => {
    const warnings = (props: Parameters<typeof synthesize>[0]): string => synthesize(props).service.warnings.join();
    const sidecars = [logShipper()];
    const to = NetworkPeer.namespace('logging');

    expect(warnings({ sidecars })).toContain('[sidecars-without-egress]');
    expect(warnings({ sidecars, egress: [{ to, ports: [4317] }] })).not.toContain('sidecars-without-egress');
    expect(warnings({ sidecars, egress: [] })).not.toContain('sidecars-without-egress');
    expect(warnings({ sidecars, networkPolicy: false })).not.toContain('sidecars-without-egress');
    expect(warnings({})).not.toContain('sidecars-without-egress');
  });

  test('needs an image, and variables that have names', () => {
    const got = failure(() => synthesize({ sidecars: [logShipper({ image: '', env: { '1ST': 'x' } })] }));

    expect(got).toContain('[image-invalid] sidecars[0].image is ""');
    expect(got).toContain('[env-invalid] sidecars[0].env is "1ST"');
  });
});

interface PodTemplate {
  readonly template: {
    readonly spec: {
      readonly containers: readonly { readonly securityContext: object; readonly imagePullPolicy: string }[];
    };
  };
}
