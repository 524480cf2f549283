import { ApiObject, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { emitAsWritten } from '../../lib/emit-as-written';
import { synthesize, testChart } from './synthesize';

const POD = '/spec/template/spec';

/** A Deployment as cdk8s-plus-28 generates it, patched before or after it is made to emit everything. */
function render(patches: readonly JsonPatch[], emit = true): unknown {
  const deployment = new k8s.KubeDeployment(testChart(), 'object', {
    spec: {
      selector: { matchLabels: { app: 'stt' } },
      template: { spec: { containers: [{ name: 'stt', resources: { limits: {} } }], volumes: [{ name: 'models' }] } },
    },
  });
  const [first, ...rest] = patches;
  deployment.addJsonPatch(...(first ? [first] : []));
  if (emit) {
    emitAsWritten(deployment);
  }
  deployment.addJsonPatch(...rest);
  return deployment.toJson();
}

describe('what is newer than the schema of cdk8s-plus-28', () => {
  const newer: readonly [string, JsonPatch, string, unknown][] = [
    [
      'preStop sleep (1.30)',
      JsonPatch.add(`${POD}/containers/0/lifecycle`, { preStop: { sleep: { seconds: 5 } } }),
      'spec.template.spec.containers[0].lifecycle',
      { preStop: { sleep: { seconds: 5 } } },
    ],
    [
      'an image volume (1.35)',
      JsonPatch.add(`${POD}/volumes/0/image`, { reference: 'models:1', pullPolicy: 'Always' }),
      'spec.template.spec.volumes[0].image',
      { reference: 'models:1', pullPolicy: 'Always' },
    ],
    [
      'resources of the whole pod (1.34)',
      JsonPatch.add(`${POD}/resources`, { limits: { cpu: '2' } }),
      'spec.template.spec.resources',
      { limits: { cpu: '2' } },
    ],
    [
      'a count written as a number',
      JsonPatch.add('/spec/strategy', { rollingUpdate: { maxSurge: 1 } }),
      'spec.strategy.rollingUpdate.maxSurge',
      1,
    ],
    [
      'a quantity written as text',
      JsonPatch.add(`${POD}/containers/0/resources/limits/ephemeral-storage`, '64Mi'),
      'spec.template.spec.containers[0].resources.limits.ephemeral-storage',
      '64Mi',
    ],
  ];

  test.each(newer)('%s is dropped in silence by cdk8s-plus-28, and survives here', (_, patch, path, value) => {
    expect(render([patch], false)).not.toHaveProperty(path, value);
    expect(render([patch])).toHaveProperty(path, value);
  });

  test('survives when it is patched later', () => {
    const replace = JsonPatch.replace(`${POD}/containers/0/lifecycle/preStop/sleep/seconds`, 10);

    expect(render([newer[0]![1], replace])).toHaveProperty(
      'spec.template.spec.containers[0].lifecycle.preStop.sleep.seconds',
      10,
    );
  });

  test('goes when a later patch removes it', () => {
    const rendered = render([newer[1]![1], JsonPatch.remove(`${POD}/volumes/0/image`)]);

    expect(rendered).toHaveProperty('spec.template.spec.volumes', [{ name: 'models' }]);
  });

  test('of a list is put back to its own item', () => {
    const rendered = render([
      JsonPatch.add(`${POD}/volumes/-`, { name: 'second', image: { reference: 'models:2' } }),
      JsonPatch.add(`${POD}/volumes/-`, { name: 'third' }),
    ]);

    expect(rendered).toHaveProperty('spec.template.spec.volumes', [
      { name: 'models' },
      { image: { reference: 'models:2' }, name: 'second' },
      { name: 'third' },
    ]);
  });

  test('stands in alphabetical order with the rest', () => {
    const { spec } = render([newer[2]![1]]) as { spec: { template: { spec: object } } };

    expect(Object.keys(spec.template.spec)).toEqual(['containers', 'resources', 'volumes']);
  });
});

describe('what the schema knows', () => {
  test('is written as before', () => {
    const patches = [
      JsonPatch.add(`${POD}/containers/0/resources/limits/memory`, k8s.Quantity.fromString('1Gi')),
      JsonPatch.add('/spec/strategy', { rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1) } }),
    ];

    expect(render(patches)).toEqual(render(patches, false));
    expect(render(patches)).toHaveProperty('spec.template.spec.containers[0].resources.limits.memory', '1Gi');
  });

  test('is taken under its own name, whatever cdk8s-plus calls it', () => {
    const fqdn = (change: JsonPatch[]): unknown => {
      const deployment = new k8s.KubeDeployment(testChart(), 'object', {
        spec: {
          selector: {},
          template: { spec: { containers: [{ name: 'stt' }], setHostnameAsFqdn: false, resources: {} } as k8s.PodSpec },
        },
      });
      emitAsWritten(deployment);
      deployment.addJsonPatch(...change);
      return (deployment.toJson() as { spec: { template: { spec: unknown } } }).spec.template.spec;
    };

    expect(fqdn([])).toEqual({ containers: [{ name: 'stt' }], resources: {}, setHostnameAsFQDN: false });
    expect(fqdn([JsonPatch.add(`${POD}/setHostnameAsFQDN`, true)])).toEqual({
      containers: [{ name: 'stt' }],
      resources: {},
      setHostnameAsFQDN: true,
    });
  });

  test('of every object of a service is written as before', () => {
    const { service } = synthesize();
    const schemaOf = (object: ApiObject): unknown =>
      (object.constructor as unknown as { prototype: ApiObject }).prototype.toJson.call(object);
    const objects = service.node.findAll().filter((child) => ApiObject.isApiObject(child));

    expect(objects.length).toBeGreaterThan(5);
    for (const object of objects) {
      expect(object.toJson()).toEqual(schemaOf(object));
    }
  });
});

test('a newer field that a user patches into any object survives', () => {
  const { kubernetesService, hpa } = synthesize(
    {},
    {
      change: ({ service, hpa: autoscaler }) => {
        ApiObject.of(service).addJsonPatch(JsonPatch.add('/spec/trafficDistribution', 'PreferSameZone'));
        autoscaler.addJsonPatch(JsonPatch.add('/spec/behavior/scaleDown/tolerance', '0.05'));
      },
    },
  );

  expect(kubernetesService).toHaveProperty('spec.trafficDistribution', 'PreferSameZone');
  expect(hpa).toHaveProperty('spec.behavior.scaleDown.tolerance', '0.05');
});
