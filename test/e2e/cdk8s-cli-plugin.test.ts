import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { builtPath, REPOSITORY } from '../support/built';

const CDK8S = join(REPOSITORY, 'node_modules/.bin/cdk8s');
const PACKAGE = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { name: string; version: string };

/** An app with a chart of ours, and an autoscaler that its author wrote by hand. */
const app = (image: string): string => `
  const { App, Chart, ApiObject } = require(${JSON.stringify(join(REPOSITORY, 'node_modules/cdk8s'))});
  const app = new App();
  const chart = new Chart(app, 'voice', { namespace: 'voice' });
  const resources = { cpu: '2', memory: '1Gi' };
  new ApiObject(chart, 'own', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'own' },
    spec: { template: { spec: {
      terminationGracePeriodSeconds: 90,
      containers: [{
        name: 'server',
        image: ${JSON.stringify(image)},
        env: [['STT_MODEL', 'tiny'], ['OMP_NUM_THREADS', '2'], ['MKL_NUM_THREADS', '2']].map(([name, value]) => ({ name, value })),
        resources: { requests: resources, limits: resources },
      }],
    } } },
  });
  app.synth();
`;

describe('cdk8s synth with the validation plugin', () => {
  const project = mkdtempSync(join(tmpdir(), 'cdk8s-cli-plugin-'));
  const plugins = join(project, 'plugins');

  const synth = (image: string, plugin: string): { status: number | null; output: string; report: unknown } => {
    writeFileSync(join(project, 'main.js'), app(image));
    writeFileSync(
      join(project, 'cdk8s.yaml'),
      [
        'language: typescript',
        'app: node main.js',
        'validations:',
        `  - package: ${plugin}`,
        `    version: ${PACKAGE.version}`,
        '    class: WhisperSttPolicy',
      ].join('\n'),
    );
    const report = join(project, 'report.json');
    rmSync(report, { force: true });
    const args = [
      'synth',
      '--check-upgrade=false',
      '--plugins-dir',
      plugins,
      '--validation-reports-output-file',
      report,
    ];
    const { status, stdout, stderr } = spawnSync(CDK8S, args, { cwd: project, encoding: 'utf8' });
    return {
      status,
      output: `${stdout}${stderr}`,
      report: existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined,
    };
  };

  /** Relative, as the documentation has it; an npm package lies below node_modules of the project. */
  const byPath = `./${relative(project, builtPath('lib/cli-plugin'))}`;

  afterAll(() => {
    rmSync(project, { recursive: true });
  });

  test('ends with exit code 2 for a manifest that breaks a rule, and reports the construct, the place and the remedy', () => {
    const { status, output, report } = synth('own:latest', byPath);

    expect(status).toBe(2);
    expect(output).toContain('image-tag (1 occurrences)');
    expect(output).toContain('Construct Path: voice/own');
    expect(output).toContain('> containers[server].image: own:latest');
    expect(output).toContain(
      'How to fix: Give a version as the tag, or a digest. See cdk8s-whisper-stt/docs/RULES.md#image-tag.',
    );
    expect(report).toMatchObject({
      reports: [
        {
          summary: { status: 'failure', metadata: { errors: '1', advice: '0' } },
          violations: [{ ruleName: 'image-tag' }],
        },
      ],
    });
  });

  test('ends well for a manifest that breaks none', () => {
    const { status, report } = synth('own:1.0', byPath);

    expect(status).toBe(0);
    expect(report).toMatchObject({ reports: [{ summary: { status: 'success' }, violations: [] }] });
  });

  test('is found by the name of its package, where cdk8s-cli installs plugins', () => {
    const folder = join(plugins, PACKAGE.name, PACKAGE.version, 'node_modules');
    mkdirSync(folder, { recursive: true });
    symlinkSync(REPOSITORY, join(folder, PACKAGE.name));

    expect(synth('own:latest', PACKAGE.name)).toMatchObject({ status: 2 });
    expect(synth('own:1.0', PACKAGE.name)).toMatchObject({ status: 0 });
  });
});
