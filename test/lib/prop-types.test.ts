import { Duration, Size } from 'cdk8s';
import { ModelSource, NetworkPeer, WhisperModel, WhisperSttService } from '../../lib';
import { ALL_PROPS } from './all-props';
import { failure, synthesize, testChart } from './synthesize';

/** What synth says of props that no compiler has seen. */
function messageFor(props: Record<string, unknown>): string {
  return failure(() => synthesize(props));
}

describe('props of plain JavaScript', () => {
  test.each(Object.keys(ALL_PROPS))('%s is refused by its name where it holds nothing of its type', (prop) => {
    expect(messageFor({ [prop]: Symbol('of no type') })).toMatch(
      new RegExp(
        `^WhisperSttService "test/stt" has a faulty prop:\n  \\[prop-type\\] ${prop} is "a symbol": it must be .+\\.$`,
      ),
    );
  });

  test.each([
    [{ memory: '700Mi' }, 'memory is "700Mi": it must be a Size of cdk8s, for example Size.mebibytes(1024).'],
    [{ requestTimeout: 60 }, 'requestTimeout is 60: it must be a Duration of cdk8s, for example Duration.seconds(60).'],
    [{ model: 'base' }, 'model is "base": it must be a WhisperModel: WhisperModel.TINY, TINY_EN, BASE,'],
    [{ quantization: 'int4' }, 'quantization is "int4": it must be a member of Quantization: "int8", "fp32".'],
    [{ device: 'tpu' }, 'device is "tpu": it must be a member of Device: "cpu", "gpu".'],
    [{ cpus: '2' }, 'cpus is "2": it must be a number.'],
    [{ networkPolicy: 'false' }, 'networkPolicy is "false": it must be true or false.'],
    [{ name: null }, 'name is null: it must be a string.'],
    [{ labels: ['a'] }, 'labels is "a list": it must be an object of names and strings.'],
    [{ labels: { team: 7 } }, 'labels["team"] is 7: it must be a string.'],
    [{ env: { DEBUG: true } }, 'env["DEBUG"] is true: it must be a string.'],
    [{ callers: { app: 'x' } }, 'callers is "an object": it must be a list, in [ and ].'],
    [{ callers: [{ app: 'x' }] }, 'callers[0] is "an object": it must be a NetworkPeer, for example NetworkPeer.pods.'],
    [{ startupProbe: { periodSeconds: 3 } }, 'startupProbe.periodSeconds is 3: it must be a Duration'],
    [
      { sidecars: [{ name: 'a', image: 'b:1', cpu: '100m', memory: Size.mebibytes(1) }] },
      'sidecars[0].cpu is "100m": it',
    ],
    [{ tolerations: [{ effect: 'Never' }] }, 'tolerations[0].effect is "Never": it must be a member of TaintEffect'],
    [{ ingress: [] }, 'ingress is "a list": it must be an object.'],
  ])('%j is refused', (props, message) => {
    expect(messageFor(props)).toContain(`[prop-type] ${message}`);
  });

  test.each([
    [{ image: undefined }, 'image is missing: it must be a string.'],
    [{ ingress: {} }, 'ingress.host is missing: it must be a string.'],
    [{ httpRoute: {} }, 'httpRoute.gateway is missing: it must be a string.'],
    [{ cpuPinningPool: { key: 'pool' } }, 'cpuPinningPool.value is missing: it must be a string.'],
    [{ egress: [{ ports: [443] }] }, 'egress[0].to is missing: it must be a NetworkPeer'],
  ])('%j lacks something', (props, message) => {
    expect(messageFor(props)).toContain(`[prop-missing] ${message}`);
  });

  test.each([
    [{ replicas: 3 }, "replicas is 3: there is no such prop. Did you mean 'minReplicas' or 'maxReplicas'?"],
    [{ cpu: 2 }, "cpu is 2: there is no such prop. Did you mean 'cpus' or 'gpus' or 'targetCpuUtilizationPercent'?"],
    [
      { resources: {} },
      'resources is "an object": there is no such prop. cdk8s-whisper-stt/docs/API.md lists what there is.',
    ],
    [
      { ingress: { host: 'a.example', tls: true } },
      "ingress.tls is true: there is no such prop. Did you mean 'ingress.tlsSecretName'?",
    ],
    [{ memroy: 1 }, "memroy is 1: there is no such prop. Did you mean 'memory'?"],
    [{ onReady: () => undefined }, 'onReady is "a function": there is no such prop.'],
  ])('%j does not exist', (props, message) => {
    expect(messageFor(props)).toContain(`[prop-unknown] ${message}`);
  });

  // What plain JavaScript can give: JSON.parse is as unchecked as that.
  const { nothing, number } = JSON.parse('{ "number": 7 }') as Record<'nothing' | 'number', string>;

  test.each([
    [{ callers: [NetworkPeer.namespaces({ team: nothing })] }, 'callers[0].namespaceLabels["team"] is undefined: it'],
    [{ callers: [NetworkPeer.namespace(nothing)] }, 'callers[0].namespaceLabels["kubernetes.io/metadata.name"] is'],
    [{ scrapers: [NetworkPeer.pods({ app: number })] }, 'scrapers[0].podLabels["app"] is 7: it must be a string.'],
    [{ callers: [NetworkPeer.pods('x' as never)] }, 'callers[0].podLabels is "x": it must be an object of names'],
    [{ callers: [NetworkPeer.addresses(number)] }, 'callers[0].cidr is 7: it must be a string.'],
    [{ ingress: { host: 'a.example', proxy: NetworkPeer.namespace(number) } }, 'ingress.proxy.namespaceLabels['],
    [{ model: WhisperModel.custom(nothing) }, 'model.folder is undefined: it must be a string.'],
    [{ model: WhisperModel.custom('x', '1Gi' as never) }, 'model.memoryNeed is "1Gi": it must be a Size of cdk8s'],
    [{ modelSource: ModelSource.imageVolume(number) }, 'modelSource.image is 7: it must be a string.'],
    [{ modelSource: ModelSource.persistentVolumeClaim('x', number) }, 'modelSource.subPath is 7: it must be a string.'],
    [{ modelSource: ModelSource.ociImage('a:1', { size: '1Gi' as never }) }, 'modelSource.options.size is "1Gi": it'],
    [{ modelSource: ModelSource.ociImage('a:1', { command: 'cp' as never }) }, 'modelSource.options.command is "cp"'],
  ])('what a factory was given in %j is refused', (props, message) => {
    expect(messageFor(props)).toContain(`[prop-type] ${message}`);
  });

  test('a factory that was given nothing does not stand for everybody', () => {
    expect(messageFor({ callers: [NetworkPeer.addresses(nothing)] })).toContain(
      '[peer-invalid] callers[0] is undefined: nothing means everybody. Name pods, namespaces or addresses.',
    );
  });

  test('an option that a factory does not have is refused', () => {
    expect(messageFor({ modelSource: ModelSource.ociImage('a:1', { sizes: 1 } as never) })).toContain(
      `[prop-unknown] modelSource.options.sizes is 1: there is no such prop. Did you mean 'modelSource.options.size'?`,
    );
  });

  test('no props at all are one that is missing', () => {
    expect(failure(() => new WhisperSttService(testChart(), 'stt', undefined as never))).toBe(
      'WhisperSttService "test/stt" has a faulty prop:\n  [prop-missing] image is missing: it must be a string.',
    );
  });

  test('an unknown prop that holds nothing is none', () => {
    expect(messageFor({ replicas: undefined })).toBe('');
  });

  test('all of them are listed together', () => {
    const message = messageFor({ image: undefined, cpus: '2', replicas: 3 });

    expect(message).toContain('has 3 faulty props:');
    expect(message.match(/\[prop-\w+\]/g)).toEqual(['[prop-missing]', '[prop-type]', '[prop-unknown]']);
  });

  test('a Size or a Duration of another copy of cdk8s is one', () => {
    const foreign = <T extends object>(value: T): T => Object.assign(Object.create(null), bound(value)) as T;

    expect(messageFor({ memory: foreign(Size.gibibytes(1)), requestTimeout: foreign(Duration.seconds(30)) })).toBe('');
  });
});

/** The methods of a value, as an object of no class of ours. */
function bound(value: object): object {
  const prototype = Object.getPrototypeOf(value) as Record<string, unknown>;
  const methods = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  return Object.fromEntries(
    methods.map((name) => [name, (prototype[name] as (...values: unknown[]) => unknown).bind(value)]),
  );
}
