import { failure, synthesize } from './synthesize';

const DIGEST = `sha256:${'9f'.repeat(32)}`;

describe('the image', () => {
  test.each([
    ['stt-service:v1.0.16-amd64', 'v1.0.16-amd64'],
    ['registry.example.com:5000/voice/stt:2.1', '2.1'],
    [`ghcr.io/voice/stt:2.1@${DIGEST}`, '2.1'],
  ])('%s is version %s', (image, version) => {
    const { deployment } = synthesize({ image });

    expect(deployment).toHaveProperty('spec.template.spec.containers[0].image', image);
    expect(deployment.metadata.labels).toMatchObject({ 'app.kubernetes.io/version': version });
  });

  test.each(['stt-service', 'registry.example.com:5000/voice/stt', `stt@${DIGEST}`, `stt:${'a'.repeat(64)}`])(
    '%s gives no version label',
    (image) => {
      expect(synthesize({ image }).deployment.metadata.labels).not.toHaveProperty(['app.kubernetes.io/version']);
    },
  );

  test.each(['', 'stt service:1', 'stt:', 'stt@', 'stt:1:2'])('%j is no image', (image) => {
    expect(failure(() => synthesize({ image }))).toContain(`[image-invalid] image is ${JSON.stringify(image)}`);
  });

  test('is pulled at each start, since a tag can be pushed anew', () => {
    expect(synthesize().deployment).toHaveProperty('spec.template.spec.containers[0].imagePullPolicy', 'Always');
  });
});
