import { Duration } from 'cdk8s';
import { DeploymentStrategy, PercentOrAbsolute } from 'cdk8s-plus-28';
import type { PropFaults } from './prop-faults';
import type { Probes } from './probes';

/** How a new revision replaces the old one. */
export interface RolloutProps {
  /**
   * Time without progress after which a rollout counts as failed. Whole seconds, more than a pod may take to start.
   *
   * @default - 10 minutes, or twice the time that the startup probe grants where that is more
   */
  readonly progressDeadline?: Duration;

  /**
   * Revisions that `kubectl rollout undo` can go back to. With 0 there is no way back.
   *
   * @default 5
   */
  readonly revisionHistoryLimit?: number;

  /**
   * Pods that a rollout may have beyond those that the autoscaler asks for. They need room in the cluster.
   *
   * @default 1
   */
  readonly maxSurge?: number;

  /**
   * Pods that may be missing in a rollout. With 0 none is taken away before its successor is ready.
   *
   * @default 0
   */
  readonly maxUnavailable?: number;
}

const DEFAULT_REVISION_HISTORY_LIMIT = 5;

/** Never fewer pods than the autoscaler asks for, and one more at a time. */
const DEFAULT_MAX_SURGE = 1;
const DEFAULT_MAX_UNAVAILABLE = 0;

/** Kubernetes' own default. */
const DEFAULT_PROGRESS_DEADLINE_SECONDS = 600;

/** A pod that fails right after it became ready must stop a rollout, not join it. */
const MIN_READY_SECONDS = 10;

/** Times and limits of a rollout. */
export class Rollout {
  readonly minReady = Duration.seconds(MIN_READY_SECONDS);
  readonly progressDeadline: Duration;
  readonly revisionHistoryLimit: number;

  /** In pods: percentages would round to something else at each size. */
  readonly strategy: DeploymentStrategy;

  constructor(props: RolloutProps, probes: Probes, faults: PropFaults) {
    this.revisionHistoryLimit = faults.wholeNumber(
      'revision-history-invalid',
      'revisionHistoryLimit',
      props.revisionHistoryLimit ?? DEFAULT_REVISION_HISTORY_LIMIT,
      { min: 0, remedy: 'Give the number of revisions to keep.' },
    );
    this.strategy = rollingUpdate(props, faults);
    const start = probes.startupBudgetSeconds + MIN_READY_SECONDS;
    this.progressDeadline =
      props.progressDeadline ?? Duration.seconds(Math.max(DEFAULT_PROGRESS_DEADLINE_SECONDS, 2 * start));
    if (props.progressDeadline !== undefined) {
      faults.wholeSeconds('progress-deadline-short', 'progressDeadline', props.progressDeadline, {
        min: start + 1,
        remedy: `A pod may take ${start} s to start and to be counted, and the rollout would fail meanwhile.`,
      });
    }
  }
}

function rollingUpdate(
  { maxSurge = DEFAULT_MAX_SURGE, maxUnavailable = DEFAULT_MAX_UNAVAILABLE }: RolloutProps,
  faults: PropFaults,
): DeploymentStrategy {
  const pods = { min: 0, remedy: 'Give a number of pods.' };
  const surge = faults.wholeNumber('rollout-invalid', 'maxSurge', maxSurge, pods);
  const unavailable = faults.wholeNumber('rollout-invalid', 'maxUnavailable', maxUnavailable, pods);
  if (surge === 0 && unavailable === 0) {
    faults.add(
      'rollout-invalid',
      'maxSurge',
      surge,
      'maxUnavailable is 0 too, and a rollout could neither add a pod nor take one away. Give 1 or more for one of them.',
    );
    // cdk8s-plus would throw at once, and hide what else is wrong.
    return DeploymentStrategy.recreate();
  }
  return DeploymentStrategy.rollingUpdate({
    maxSurge: PercentOrAbsolute.absolute(surge),
    maxUnavailable: PercentOrAbsolute.absolute(unavailable),
  });
}
