import { Duration } from 'cdk8s';
import { DRAIN, ENV, RANGES } from '../../lib/contract';
import { readConfig } from '../../service/src/config';
import { failure, synthesize, type Synthesized } from './synthesize';

const SERVER = 'spec.template.spec.containers[0]';

function serverDelay({ deployment }: Synthesized): string | undefined {
  const { spec } = deployment as unknown as { spec: { template: { spec: { containers: { env: Variable[] }[] } } } };
  return spec.template.spec.containers[0]!.env.find(({ name }) => name === ENV.drainDelaySeconds)?.value;
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

describe('the graceful end', () => {
  test('gives the longest request, the withdrawal of endpoints and a margin', () => {
    const { deployment } = synthesize({ requestTimeout: Duration.minutes(5) });

    expect(deployment).toHaveProperty('spec.template.spec.terminationGracePeriodSeconds', 5 + 300 + 10);
    expect(deployment).toHaveProperty(
      'spec.template.spec.containers[0].env',
      expect.arrayContaining([
        { name: 'STT_REQUEST_TIMEOUT_SECONDS', value: '300' },
        { name: 'STT_DRAIN_DELAY_SECONDS', value: '5' },
      ]),
    );
  });

  test('follows the times of the contract', () => {
    expect(synthesize().deployment).toHaveProperty(
      'spec.template.spec.terminationGracePeriodSeconds',
      DRAIN.endpointPropagationSeconds + 60 + DRAIN.marginSeconds,
    );
  });

  test('takes longer where endpoints, or what follows the last request, take longer', () => {
    const { deployment } = synthesize({
      endpointPropagation: Duration.seconds(20),
      requestTimeout: Duration.seconds(30),
      drainMargin: Duration.seconds(15),
    });

    expect(deployment).toHaveProperty('spec.template.spec.terminationGracePeriodSeconds', 65);
  });

  test('can take longer than it must', () => {
    const { deployment } = synthesize({ terminationGracePeriod: Duration.minutes(10) });

    expect(deployment).toHaveProperty('spec.template.spec.terminationGracePeriodSeconds', 600);
  });

  test('cannot be shorter than what happens in it', () => {
    const grace = (seconds: number): string =>
      failure(() => synthesize({ terminationGracePeriod: Duration.seconds(seconds) }));

    expect(grace(75)).toBe('');
    expect(grace(74)).toContain(
      '[grace-period-short] terminationGracePeriod is "74 s": it must be whole seconds of at least 75. That is ' +
        'endpointPropagation + requestTimeout + drainMargin',
    );
  });

  test.each([
    [{ requestTimeout: Duration.seconds(0) }, '[request-timeout-invalid] requestTimeout is "0 s"', '1 to 3600'],
    [{ requestTimeout: Duration.millis(1500) }, '[request-timeout-invalid] requestTimeout is "1.5 s"', '1 to 3600'],
    [{ requestTimeout: Duration.seconds(3601) }, '[request-timeout-invalid] requestTimeout is "3601 s"', '1 to 3600'],
    [{ endpointPropagation: Duration.millis(1) }, '[endpoint-propagation-invalid] endpointPropagation', '0 to 300'],
    [{ endpointPropagation: Duration.seconds(301) }, '[endpoint-propagation-invalid] endpointPropagation', '0 to 300'],
  ])('cannot be computed from %j', (props, message, range) => {
    const got = failure(() => synthesize(props));

    expect(got).toContain(message);
    expect(got).toContain(`it must be whole seconds from ${range}.`);
  });

  test('leaves the server the time to answer what it cuts off', () => {
    expect(failure(() => synthesize({ drainMargin: Duration.seconds(5) }))).toBe('');
    expect(failure(() => synthesize({ drainMargin: Duration.seconds(4) }))).toContain(
      '[drain-margin-invalid] drainMargin is "4 s": it must be whole seconds of at least 5.',
    );
  });

  test('has the bounds of the server', () => {
    const largest = {
      [ENV.requestTimeoutSeconds]: String(RANGES.requestTimeoutSeconds.max),
      [ENV.drainDelaySeconds]: String(RANGES.drainDelaySeconds.max),
    };

    expect(readConfig(largest)).toMatchObject({ requestTimeoutSeconds: 3600, drainDelaySeconds: 300 });
    for (const [name, value] of Object.entries(largest)) {
      expect(() => readConfig({ [name]: String(Number(value) + 1) })).toThrow(name);
    }
  });
});

describe('the wait for endpoints', () => {
  test("is the server's before Kubernetes 1.30", () => {
    const synthesized = synthesize({ kubernetesVersion: '1.29' });

    expect(serverDelay(synthesized)).toBe('5');
    expect(synthesized.deployment).not.toHaveProperty(`${SERVER}.lifecycle`);
  });

  test("is the kubelet's from Kubernetes 1.30 on, and survives the schema of cdk8s-plus-28", () => {
    const synthesized = synthesize({ kubernetesVersion: '1.30', endpointPropagation: Duration.seconds(8) });

    expect(serverDelay(synthesized)).toBe('0');
    expect(synthesized.deployment).toHaveProperty(`${SERVER}.lifecycle`, { preStop: { sleep: { seconds: 8 } } });
  });

  test('is the same grace period, whoever waits', () => {
    for (const kubernetesVersion of ['1.28', '1.30']) {
      expect(synthesize({ kubernetesVersion }).deployment).toHaveProperty(
        'spec.template.spec.terminationGracePeriodSeconds',
        75,
      );
    }
  });

  test("of no time is nobody's: Kubernetes 1.30 refuses a sleep of 0", () => {
    const synthesized = synthesize({ kubernetesVersion: '1.30', endpointPropagation: Duration.seconds(0) });

    expect(serverDelay(synthesized)).toBe('0');
    expect(synthesized.deployment).not.toHaveProperty(`${SERVER}.lifecycle`);
  });
});
