import { Duration } from 'cdk8s';
import { Probe, type ProbeOptions } from 'cdk8s-plus-28';
import { PROBE_PATHS } from './contract';
import { probeBudgetSeconds } from './planning/probe-budget';
import type { PropFaults } from './prop-faults';

/** When the kubelet asks the server how it is. Each field that is left out keeps its default. */
export interface ProbeProps {
  /**
   * Startup probe: holds the other two back until the model is loaded.
   *
   * A pod has the initial delay and (failure threshold − 1) × period to load its model before it is restarted: the last
   * of n failures comes n − 1 periods after the first.
   *
   * @default - period 2 s, timeout 2 s, failure threshold 60: a pod has 118 s to load its model
   */
  readonly startupProbe?: ProbeOptions;

  /**
   * Liveness probe: the process can answer at all. A busy server is not dead.
   *
   * @default - initial delay 30 s, period 10 s, timeout 5 s, failure threshold 3
   */
  readonly livenessProbe?: ProbeOptions;

  /**
   * Readiness probe: the engine is warm and the pod is not about to stop.
   *
   * @default - initial delay 15 s, period 5 s, timeout 3 s, failure threshold 3
   */
  readonly readinessProbe?: ProbeOptions;
}

/** 118 s, twice what the deployment document wants a pod started in (60 s) less a period; asked often so that a fast start pays off. */
const STARTUP: ProbeOptions = {
  periodSeconds: Duration.seconds(2),
  timeoutSeconds: Duration.seconds(2),
  failureThreshold: 60,
};

/** The deployment document's. */
const LIVENESS: ProbeOptions = {
  initialDelaySeconds: Duration.seconds(30),
  periodSeconds: Duration.seconds(10),
  timeoutSeconds: Duration.seconds(5),
  failureThreshold: 3,
};

/** The deployment document's. */
const READINESS: ProbeOptions = {
  initialDelaySeconds: Duration.seconds(15),
  periodSeconds: Duration.seconds(5),
  timeoutSeconds: Duration.seconds(3),
  failureThreshold: 3,
};

/** The three probes of the server's container. */
export class Probes {
  readonly #startup: ProbeOptions;
  readonly #liveness: ProbeOptions;
  readonly #readiness: ProbeOptions;

  constructor(props: ProbeProps, faults: PropFaults) {
    this.#startup = merged(STARTUP, props.startupProbe);
    this.#liveness = merged(LIVENESS, props.livenessProbe);
    this.#readiness = merged(READINESS, props.readinessProbe);
    check('startupProbe', this.#startup, faults);
    check('livenessProbe', this.#liveness, faults);
    check('readinessProbe', this.#readiness, faults);
    mustSucceedOnce('startupProbe', this.#startup, faults);
    mustSucceedOnce('livenessProbe', this.#liveness, faults);
  }

  /** Longest time that a pod has to load its model before it is restarted, in seconds. */
  get startupBudgetSeconds(): number {
    const { initialDelaySeconds, periodSeconds, failureThreshold } = this.#startup;
    const seconds = (duration?: Duration): number => duration?.toSeconds({ integral: false }) ?? 0;
    return probeBudgetSeconds({
      initialDelaySeconds: seconds(initialDelaySeconds),
      periodSeconds: seconds(periodSeconds),
      failureThreshold,
    });
  }

  /** @param port the container's port, stated on each probe: cdk8s-plus would otherwise fall back to 80 */
  toContainerProbes(port: number): { startup: Probe; liveness: Probe; readiness: Probe } {
    return {
      startup: Probe.fromHttpGet(PROBE_PATHS.startup, { ...this.#startup, port }),
      liveness: Probe.fromHttpGet(PROBE_PATHS.liveness, { ...this.#liveness, port }),
      readiness: Probe.fromHttpGet(PROBE_PATHS.readiness, { ...this.#readiness, port }),
    };
  }
}

/** Field by field: an explicit `undefined` must not take a default away. */
function merged(defaults: ProbeOptions, options: ProbeOptions = {}): ProbeOptions {
  return {
    initialDelaySeconds: options.initialDelaySeconds ?? defaults.initialDelaySeconds,
    periodSeconds: options.periodSeconds ?? defaults.periodSeconds,
    timeoutSeconds: options.timeoutSeconds ?? defaults.timeoutSeconds,
    failureThreshold: options.failureThreshold ?? defaults.failureThreshold,
    successThreshold: options.successThreshold,
  };
}

function check(probe: string, options: ProbeOptions, faults: PropFaults): void {
  const remedy = 'Kubernetes would refuse the pod.';
  const times = {
    initialDelaySeconds: { value: options.initialDelaySeconds, min: 0 },
    periodSeconds: { value: options.periodSeconds, min: 1 },
    timeoutSeconds: { value: options.timeoutSeconds, min: 1 },
  };
  for (const [field, { value, min }] of Object.entries(times)) {
    if (value !== undefined) {
      faults.wholeSeconds('probe-invalid', `${probe}.${field}`, value, { min, remedy });
    }
  }
  for (const field of ['failureThreshold', 'successThreshold'] as const) {
    const value = options[field];
    if (value !== undefined) {
      faults.wholeNumber('probe-invalid', `${probe}.${field}`, value, { min: 1, remedy });
    }
  }
}

function mustSucceedOnce(probe: string, { successThreshold = 1 }: ProbeOptions, faults: PropFaults): void {
  if (successThreshold > 1) {
    faults.add(
      'probe-invalid',
      `${probe}.successThreshold`,
      successThreshold,
      'Kubernetes allows only 1 here. Leave it out.',
    );
  }
}
