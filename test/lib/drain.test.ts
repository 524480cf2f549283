import { Duration } from 'cdk8s';
import { DRAIN } from '../../lib/contract';
import { failure, synthesize } from './synthesize';

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

  test.each([
    [Duration.seconds(0), '0 s'],
    [Duration.millis(1500), '1.5 s'],
  ])('cannot be computed from part of a second', (requestTimeout, got) => {
    expect(failure(() => synthesize({ requestTimeout }))).toContain(
      `[request-timeout-invalid] requestTimeout is "${got}": it must be whole seconds of at least 1.`,
    );
  });
});
