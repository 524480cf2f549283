import { WhisperSttPolicy, type ReportedViolation } from '../../../lib/cli-plugin/whisper-stt-policy';
import type { Manifest } from '../../../lib/policy/manifest';
import { autoscalerOf, deploymentOf, serverContainer } from '../policy/manifests';

interface Report {
  readonly violations: ReportedViolation[];
  readonly status: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

async function validate(files: Readonly<Record<string, unknown[]>>): Promise<Report> {
  const violations: ReportedViolation[] = [];
  let submitted: Omit<Report, 'violations'> | undefined;
  await new WhisperSttPolicy().validate({
    manifests: Object.keys(files),
    parseManifest: (path) => files[path]!,
    report: {
      addViolation: (violation) => violations.push(violation),
      submit: (status, metadata) => {
        submitted = { status, metadata };
      },
    },
  });
  return { violations, ...submitted! };
}

const pod = (image: string): Manifest =>
  deploymentOf({ containers: [serverContainer({ image })], terminationGracePeriodSeconds: 75 });

const inNamespace = (manifest: Manifest, namespace: string): Manifest => ({
  ...manifest,
  metadata: { ...manifest.metadata, namespace },
});

const small = (manifest: Manifest): Manifest => ({
  ...manifest,
  spec: { ...manifest.spec, maxReplicas: 1, minReplicas: 1 },
});

describe('the validation plugin', () => {
  test('submits a success for good manifests, empty documents among them', async () => {
    expect(await validate({ 'a.yaml': [null, pod('stt:1'), autoscalerOf()] })).toEqual({
      violations: [],
      status: 'success',
      metadata: { errors: '0', advice: '0' },
    });
  });

  test('reports a violation with its file, its object, the place, the cause and the remedy', async () => {
    expect(await validate({ 'a.yaml': [autoscalerOf()], 'b.yaml': [pod('stt')] })).toEqual({
      violations: [
        {
          ruleName: 'image-tag',
          recommendation:
            'which image runs is decided when a pod starts, so two pods of one Deployment can run different ones.',
          fix: 'Give a version as the tag, or a digest. See cdk8s-whisper-stt/docs/RULES.md#image-tag.',
          violatingResources: [
            { resourceName: 'stt', locations: ['containers[server].image: stt'], manifestPath: 'b.yaml' },
          ],
        },
      ],
      status: 'failure',
      metadata: { errors: '1', advice: '0' },
    });
  });

  test('reports what is missing as missing', async () => {
    const { violations } = await validate({ 'a.yaml': [deploymentOf({ containers: [serverContainer()] })] });

    expect(violations[0]?.violatingResources[0]?.locations).toEqual(['spec.terminationGracePeriodSeconds: missing']);
  });

  test('reports advice, and lets it pass', async () => {
    const server = serverContainer({ image: 'stt:1', env: [{ name: 'STT_MODEL', value: 'medical' }, ...threads] });
    const deployment = deploymentOf({ containers: [server], terminationGracePeriodSeconds: 75 });
    const { violations, status, metadata } = await validate({ 'a.yaml': [deployment, autoscalerOf()] });

    expect(violations.map(({ ruleName }) => ruleName)).toEqual(['idle-memory-assumed (advice)']);
    expect(status).toBe('success');
    expect(metadata).toEqual({ errors: '0', advice: '1' });
  });

  test('finds an autoscaler and its Deployment in two files', async () => {
    const crossed = {
      ...autoscalerOf(),
      spec: { ...autoscalerOf().spec, behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } },
    };
    const { violations } = await validate({ 'deployment.yaml': [pod('stt:1')], 'hpa.yaml': [crossed] });

    expect(violations.map(({ ruleName }) => ruleName)).toEqual(['hpa-down-window']);
    expect(violations[0]?.violatingResources[0]?.manifestPath).toBe('hpa.yaml');
  });

  test('keeps namespaces apart', async () => {
    const { violations } = await validate({
      'a.yaml': [inNamespace(pod('stt:1'), 'a'), inNamespace(autoscalerOf(), 'a')],
      'b.yaml': [inNamespace(pod('stt'), 'b'), inNamespace(autoscalerOf(), 'b')],
    });

    expect(violations.map(({ violatingResources }) => violatingResources[0]?.manifestPath)).toEqual(['b.yaml']);
  });

  test('keeps files apart where they are for two clusters', async () => {
    const { violations } = await validate({
      'staging.yaml': [pod('stt:1'), small(autoscalerOf())],
      'production.yaml': [pod('stt'), autoscalerOf()],
    });

    expect(violations.map(({ violatingResources }) => violatingResources[0]?.manifestPath)).toEqual([
      'production.yaml',
    ]);
  });

  test('leaves pods alone that run no Whisper server', async () => {
    const { status, violations } = await validate({
      'a.yaml': [deploymentOf({ containers: [{ name: 'web', image: 'web' }] })],
    });

    expect(status).toBe('success');
    expect(violations).toEqual([]);
  });
});

const threads = ['OMP_NUM_THREADS', 'MKL_NUM_THREADS'].map((name) => ({ name, value: '2' }));
