import { modelMemory } from '../../../lib/policy/model-memory';
import { deploymentOf, serverContainer, serverOf } from './manifests';

function check(model: string, quantization: string, memory: string): ReturnType<typeof modelMemory.check> {
  const resources = { limits: { memory } };
  return modelMemory.check([deploymentOf({ containers: [serverOf(model, quantization, { resources })] })]);
}

describe('model-memory', () => {
  test.each([
    ['tiny', 'int8', '512Mi', '511Mi', 512],
    ['tiny.en', 'fp32', '832Mi', '831Mi', 832],
    ['base', 'int8', '704Mi', '700Mi', 704],
    ['small.en', 'int8', '1472Mi', '1Gi', 1472],
  ])('%s in %s runs within %s, and not within %s', (model, quantization, enough, tooLittle, need) => {
    expect(check(model, quantization, enough)).toEqual([]);
    expect(check(model, quantization, tooLittle)).toEqual([
      {
        object: 'Deployment stt',
        field: 'containers[server].resources.limits.memory',
        got: tooLittle,
        remedy: `The model ${model} in ${quantization} needs ${need}Mi: raise 'memory', or take a smaller one.`,
      },
    ]);
  });

  test('takes int8 where no precision is said, as the server does', () => {
    const container = serverContainer({ resources: { limits: { memory: '511Mi' } } });

    expect(modelMemory.check([deploymentOf({ containers: [container] })])[0]?.remedy).toContain(
      'tiny in int8 needs 512Mi',
    );
  });

  test('knows nothing of other models, and leaves missing limits to the rule on them', () => {
    expect(check('medical', 'int8', '1Mi')).toEqual([]);
    expect(modelMemory.check([deploymentOf({ containers: [serverOf('tiny', 'int8', { resources: {} })] })])).toEqual(
      [],
    );
    expect(
      modelMemory.check([deploymentOf({ containers: [serverOf('tiny', 'int8', { resources: undefined })] })]),
    ).toEqual([]);
  });
});
