import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const ROOT = join(__dirname, '../..');
const APPS = readdirSync(join(ROOT, 'apps')).map((file) => file.replace(/\.ts$/, ''));

const source = (app: string): string => readFileSync(join(ROOT, 'apps', `${app}.ts`), 'utf8');

function manifests(app: string): { kind: string; metadata: { name: string; namespace?: string } }[] {
  return parseAllDocuments(readFileSync(join(ROOT, 'dist', `${app}.k8s.yaml`), 'utf8')).map(
    (document) => document.toJS() as { kind: string; metadata: { name: string; namespace?: string } },
  );
}

describe('the apps', () => {
  test('are these', () => {
    expect(APPS).toEqual(['gpu', 'minimal', 'production', 'voice-agent-phase5']);
  });

  test.each(APPS)('%s says when to use it, prints the warnings, and synthesizes the file of its name', (app) => {
    expect(source(app)).toMatch(/^\/\*\*\n \* .*\n(?: \* .*\n)* \*\n \* Use it .*\n(?: \* .*\n)* \*\/\n/);
    expect(source(app)).toMatch(/for \(const warning of (?:service\.)?warnings\) \{\n {2}console\.warn\(warning\);/);
    expect(manifests(app).map(({ kind }) => kind)).toContain('Deployment');
  });

  test.each(APPS)('%s has a namespace of its own, with nothing outside of it but objects of the cluster', (app) => {
    const objects = manifests(app);
    const namespaces = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);

    expect(namespaces).toHaveLength(1);
    for (const { kind, metadata } of objects) {
      const cluster = ['Namespace', 'PriorityClass'].includes(kind) || kind.startsWith('ValidatingAdmissionPolicy');
      expect(metadata.namespace).toBe(cluster ? undefined : namespaces[0]);
    }
  });

  test('do not get in each other’s way in one cluster', () => {
    const names = APPS.flatMap((app) =>
      manifests(app).map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`),
    );

    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test('production has every object that the construct can make', () => {
    expect([...new Set(manifests('production').map(({ kind }) => kind))].sort()).toEqual([
      'Deployment',
      'HTTPRoute',
      'HorizontalPodAutoscaler',
      'Ingress',
      'LimitRange',
      'Namespace',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'PriorityClass',
      'ResourceQuota',
      'Service',
      'ServiceAccount',
      'ServiceMonitor',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
    ]);
  });

  test('minimal has what the construct makes unasked', () => {
    expect(manifests('minimal').map(({ kind }) => kind)).toEqual([
      'Namespace',
      'NetworkPolicy',
      'ServiceAccount',
      'Deployment',
      'PodDisruptionBudget',
      'Service',
      'HorizontalPodAutoscaler',
    ]);
  });

  test('gpu asks for a GPU, requested and limited to, on the runtime that has it', () => {
    const deployment = manifests('gpu').find(({ kind }) => kind === 'Deployment');

    expect(deployment).toMatchObject({
      spec: {
        template: {
          spec: {
            runtimeClassName: 'nvidia',
            tolerations: [expect.objectContaining({ key: 'nvidia.com/gpu' })],
            containers: [
              {
                env: expect.arrayContaining([{ name: 'STT_DEVICE', value: 'gpu' }]),
                resources: {
                  requests: { cpu: '4', memory: '4096Mi', 'nvidia.com/gpu': '1' },
                  limits: { cpu: '4', memory: '4096Mi', 'nvidia.com/gpu': '1' },
                },
              },
            ],
          },
        },
      },
    });
  });
});
