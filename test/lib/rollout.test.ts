import { Duration } from 'cdk8s';
import { failure, synthesize } from './synthesize';

describe('a rollout', () => {
  test('adds one pod and takes none away before its successor is ready', () => {
    expect(synthesize().deployment).toHaveProperty('spec.strategy', {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
  });

  test('adds and takes away as many at a time as it is told to', () => {
    expect(synthesize({ maxSurge: 0, maxUnavailable: 2 }).deployment).toHaveProperty('spec.strategy.rollingUpdate', {
      maxSurge: 0,
      maxUnavailable: 2,
    });
    expect(synthesize({ maxSurge: 3 }).deployment).toHaveProperty('spec.strategy.rollingUpdate', {
      maxSurge: 3,
      maxUnavailable: 0,
    });
  });

  test('could not begin with 0 of both', () => {
    expect(failure(() => synthesize({ maxSurge: 0, cpus: 0 }))).toContain(
      '[rollout-invalid] maxSurge is 0: maxUnavailable is 0 too, and a rollout could neither add a pod nor take one ' +
        'away. Give 1 or more for one of them.',
    );
  });

  test.each([
    [{ maxSurge: 0.5 }, 'maxSurge is 0.5'],
    [{ maxSurge: -1 }, 'maxSurge is -1'],
    [{ maxUnavailable: 1.5 }, 'maxUnavailable is 1.5'],
    [{ maxUnavailable: -1 }, 'maxUnavailable is -1'],
  ])('cannot be of %j pods', (props, fault) => {
    expect(failure(() => synthesize(props))).toContain(
      `[rollout-invalid] ${fault}: it must be a whole number of at least 0`,
    );
  });

  test('counts a pod as available when it has been ready for 10 s', () => {
    expect(synthesize().deployment).toHaveProperty('spec.minReadySeconds', 10);
  });

  test('keeps five revisions to go back to, or as many as are asked for', () => {
    expect(synthesize().deployment).toHaveProperty('spec.revisionHistoryLimit', 5);
    expect(synthesize({ revisionHistoryLimit: 0 }).deployment).toHaveProperty('spec.revisionHistoryLimit', 0);
  });

  test('fails after ten minutes without progress, or when it is told to', () => {
    expect(synthesize().deployment).toHaveProperty('spec.progressDeadlineSeconds', 600);
    expect(synthesize({ progressDeadline: Duration.minutes(3) }).deployment).toHaveProperty(
      'spec.progressDeadlineSeconds',
      180,
    );
  });

  test('waits longer for pods that may start longer', () => {
    const startupProbe = {
      initialDelaySeconds: Duration.seconds(30),
      periodSeconds: Duration.seconds(10),
      failureThreshold: 60,
    };

    expect(synthesize({ startupProbe }).deployment).toHaveProperty('spec.progressDeadlineSeconds', 2 * 630);
  });

  test('cannot fail before a pod has had the time to start', () => {
    const message = '[progress-deadline-short] progressDeadline is "128 s": it must be whole seconds of at least 129.';

    expect(failure(() => synthesize({ progressDeadline: Duration.seconds(129) }))).toBe('');
    expect(failure(() => synthesize({ progressDeadline: Duration.seconds(128) }))).toContain(message);
  });

  test('keeps no more revisions than the API can count', () => {
    expect(failure(() => synthesize({ revisionHistoryLimit: 2_147_483_648 }))).toContain(
      'revisionHistoryLimit is 2147483648: it must be a whole number from 0 to 2147483647.',
    );
    expect(failure(() => synthesize({ revisionHistoryLimit: 2_147_483_647 }))).toBe('');
  });

  test.each([-1, 1.5])('cannot keep %d revisions', (revisionHistoryLimit) => {
    expect(failure(() => synthesize({ revisionHistoryLimit }))).toContain(
      `[revision-history-invalid] revisionHistoryLimit is ${revisionHistoryLimit}`,
    );
  });
});
