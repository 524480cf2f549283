import { imageTag } from '../../../lib/policy/image-tag';
import { deploymentOf, serverContainer } from './manifests';

function check(image: string | undefined): ReturnType<typeof imageTag.check> {
  return imageTag.check([deploymentOf({ containers: [serverContainer({ image })] })]);
}

describe('image-tag', () => {
  test.each([
    'stt:1.0',
    'registry:5000/voice/stt:v1.0.16-amd64',
    'stt:latest-but-one',
    'stt@sha256:0a1b',
    'stt:latest@sha256:0a1b',
    'registry:5000/stt@sha256:0a1b',
  ])('%s says which image it is', (image) => {
    expect(check(image)).toEqual([]);
  });

  test.each(['stt', 'stt:latest', 'registry:5000/voice/stt', 'registry:5000/voice/stt:latest', 'stt:', undefined])(
    '%s does not',
    (image) => {
      expect(check(image)).toEqual([
        {
          object: 'Deployment stt',
          field: 'containers[server].image',
          got: image,
          remedy: 'Give a version as the tag, or a digest.',
        },
      ]);
    },
  );

  test('looks at sidecars and at images that are mounted', () => {
    const volumes = [
      { name: 'tmp' },
      { name: 'model', image: { reference: 'models/tiny' } },
      { name: 'pinned', image: { reference: 'models/base:3' } },
      { name: 'empty', image: {} },
    ];
    const containers = [serverContainer({ image: 'stt:1' }), { name: 'logs', image: 'logs' }];

    expect(imageTag.check([deploymentOf({ containers, volumes })]).map(({ field }) => field)).toEqual([
      'containers[logs].image',
      'volumes[model].image.reference',
      'volumes[empty].image.reference',
    ]);
  });
});
