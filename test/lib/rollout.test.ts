import { Duration } from 'cdk8s';
import { failure, synthesize } from './synthesize';

describe('a rollout', () => {
  test('adds one pod and takes none away before its successor is ready', () => {
    expect(synthesize().deployment).toHaveProperty('spec.strategy', {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
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

    expect(synthesize({ startupProbe }).deployment).toHaveProperty('spec.progressDeadlineSeconds', 2 * 640);
  });

  test('cannot fail before a pod has had the time to start', () => {
    const message = '[progress-deadline-short] progressDeadline is "130 s": it must be whole seconds of at least 131.';

    expect(failure(() => synthesize({ progressDeadline: Duration.seconds(131) }))).toBe('');
    expect(failure(() => synthesize({ progressDeadline: Duration.seconds(130) }))).toContain(message);
  });

  test.each([-1, 1.5])('cannot keep %d revisions', (revisionHistoryLimit) => {
    expect(failure(() => synthesize({ revisionHistoryLimit }))).toContain(
      `[revision-history-invalid] revisionHistoryLimit is ${revisionHistoryLimit}`,
    );
  });
});
