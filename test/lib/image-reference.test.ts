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

  test.each([
    'localhost/stt:1',
    'localhost:5000/stt:1',
    'registry:5000/voice/stt:1',
    'Registry.Example.com/voice/stt:1',
    '[2001:db8::1]:5000/stt:1',
    'voice-agents/whisper__stt.v2:1',
  ])('%s is one', (image) => {
    expect(failure(() => synthesize({ image }))).toBe('');
  });

  test.each([`stt@${DIGEST}`, `registry.example.com:5000/voice/stt@${DIGEST}`, `stt:${'a'.repeat(64)}`])(
    '%s gives no version label',
    (image) => {
      expect(synthesize({ image }).deployment.metadata.labels).not.toHaveProperty(['app.kubernetes.io/version']);
    },
  );

  test.each([
    '',
    'stt service:1',
    'stt:',
    'stt@',
    'stt:1:2',
    'STT:1',
    'Voice/stt:1',
    'registry.example.com/Voice/stt:1',
    'registry.example.com//stt:1',
    'registry.example.com/voice/:1',
    '/stt:1',
    'voice/-stt:1',
    'voice/stt_:1',
    'registry.example.com:port/stt:1',
    'stt:.1',
    'stt@sha256:9f',
    `stt@sha256:${'9F'.repeat(32)}`,
    `stt@sha512:${'9f'.repeat(64)}`,
  ])('%j is no image', (image) => {
    expect(failure(() => synthesize({ image }))).toContain(`[image-invalid] image is ${JSON.stringify(image)}`);
  });

  test('can have its digest from a prop of its own', () => {
    const { deployment } = synthesize({ image: 'stt:2.1', imageDigest: DIGEST });

    expect(deployment).toHaveProperty('spec.template.spec.containers[0].image', `stt:2.1@${DIGEST}`);
    expect(deployment.metadata.labels).toMatchObject({ 'app.kubernetes.io/version': '2.1' });
  });

  test.each(['latest', '9f'.repeat(32), 'sha256:9f', `sha256:${'9F'.repeat(32)}`, `sha512:${'9f'.repeat(32)}`])(
    '%s is no digest',
    (imageDigest) => {
      expect(failure(() => synthesize({ imageDigest }))).toContain(
        `[image-digest-invalid] imageDigest is "${imageDigest}": it must be "sha256:" and 64 lower-case hex digits.`,
      );
    },
  );

  test('has one digest', () => {
    expect(failure(() => synthesize({ image: `stt@${DIGEST}`, imageDigest: DIGEST }))).toContain(
      `[image-digest-invalid] imageDigest is "${DIGEST}": 'image' has a digest already. Give it once.`,
    );
  });
});
