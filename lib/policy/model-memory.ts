import { modelNeeds } from '../model-needs';
import { serverContainersOf } from './manifest';
import { ResourceQuantity } from './resource-quantity';
import type { Rule } from './rule';
import { serverModel } from './server-model';

/** The model fits into the memory of its container. */
export const modelMemory: Rule = {
  id: 'model-memory',
  severity: 'error',
  cause: 'the kernel kills the server when it loads the model or transcribes, and it starts again for ever',
  explanation:
    'Weights, the tensors of one window of audio, the audio of requests in flight and Node.js itself have to fit into ' +
    "the container's memory limit: nothing of it can be swapped out. What each model needs stands in docs/construct.md; " +
    'a model of your own is checked where it states its need.',

  check(manifests) {
    return serverContainersOf(manifests).flatMap(({ object, field, container }) => {
      const { folder, quantization, description } = serverModel(container);
      const need = modelNeeds(folder, quantization)?.memory.toMebibytes();
      const limit = container.resources?.limits?.memory;
      const bytes = ResourceQuantity.parse(limit)?.toNumber();
      if (need === undefined || bytes === undefined || bytes >= need * 2 ** 20) {
        return [];
      }
      return [
        {
          object,
          field: `${field}.resources.limits.memory`,
          got: String(limit),
          remedy: `The model ${description} needs ${need}Mi: raise 'memory', or take a smaller one.`,
        },
      ];
    });
  },
};
