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
}

const DEFAULT_REVISION_HISTORY_LIMIT = 5;

/** Kubernetes' own default. */
const DEFAULT_PROGRESS_DEADLINE_SECONDS = 600;

/** A pod that fails right after it became ready must stop a rollout, not join it. */
const MIN_READY_SECONDS = 10;

/** Times and limits of a rollout. */
export class Rollout {
  readonly minReady = Duration.seconds(MIN_READY_SECONDS);
  readonly progressDeadline: Duration;
  readonly revisionHistoryLimit: number;

  /** Never fewer pods than the autoscaler asks for; percentages would round to something else at each size. */
  readonly strategy = DeploymentStrategy.rollingUpdate({
    maxSurge: PercentOrAbsolute.absolute(1),
    maxUnavailable: PercentOrAbsolute.absolute(0),
  });

  constructor(props: RolloutProps, probes: Probes, faults: PropFaults) {
    this.revisionHistoryLimit = faults.wholeNumber(
      'revision-history-invalid',
      'revisionHistoryLimit',
      props.revisionHistoryLimit ?? DEFAULT_REVISION_HISTORY_LIMIT,
      { min: 0, remedy: 'Give the number of revisions to keep.' },
    );
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
