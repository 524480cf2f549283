import { loadSeconds } from '../planning/model-load';
import { failureThresholdFor, probeBudgetSeconds } from '../planning/probe-budget';
import { serverContainersOf } from './manifest';
import type { Rule } from './rule';
import { serverModel } from './server-model';

/** A pod has the time to load its model. */
export const probeBudget: Rule = {
  id: 'probe-budget',
  severity: 'error',
  cause: 'the kubelet restarts the container before its model is loaded, again and again',
  explanation:
    'Until the startup probe has passed once the kubelet asks every period, and restarts the container after so many ' +
    'failures. The last of n failures comes n − 1 periods after the first. Without a startup probe the liveness probe ' +
    'decides. The time to load is reckoned for a node that reads the weights at 20 MB/s, since the first pod of a node ' +
    'reads an image that was just unpacked.',

  check(manifests) {
    return serverContainersOf(manifests).flatMap(({ object, field, container }) => {
      const { folder, quantization, description } = serverModel(container);
      const seconds = loadSeconds(folder, quantization);
      const name = container.startupProbe ? 'startupProbe' : 'livenessProbe';
      const probe = container[name];
      if (seconds === undefined || !probe || probeBudgetSeconds(probe) >= seconds) {
        return [];
      }
      return [
        {
          object,
          field: `${field}.${name}`,
          got: `${probeBudgetSeconds(probe)} s until the restart`,
          remedy:
            `The model ${description} may take ${seconds} s to load: raise the failureThreshold of '${name}' to ` +
            `${failureThresholdFor(seconds, probe)} or more.`,
        },
      ];
    });
  },
};
