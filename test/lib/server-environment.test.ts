import { ENV } from '../../lib/contract';
import { readConfig } from '../../service/src/config';
import { failure, synthesize } from './synthesize';

describe("the server's environment", () => {
  const { deployment } = synthesize();

  test('states everything that bears on the deployment, in names of the contract', () => {
    expect(deployment).toHaveProperty('spec.template.spec.containers[0].env', [
      { name: ENV.host, value: '0.0.0.0' },
      { name: ENV.port, value: '8000' },
      { name: ENV.model, value: 'tiny' },
      { name: ENV.modelStore, value: '/models' },
      { name: ENV.device, value: 'cpu' },
      { name: ENV.quantization, value: 'int8' },
      { name: ENV.requestTimeoutSeconds, value: '60' },
      { name: ENV.drainDelaySeconds, value: '5' },
      { name: ENV.ompThreads, value: '2' },
      { name: ENV.mklThreads, value: '2' },
    ]);
  });

  test('has no name that scanners take for a secret', () => {
    // Polaris sensitiveContainerEnvVar, kube-linter env-var-secret, Kubescape C-0012. Of the last one a name may contain
    // "key" where the value is a path.
    expect(Object.values(ENV).filter((name) => /token|secret|password|bearer/i.test(name))).toEqual([]);
    expect(Object.values(ENV).filter((name) => /key/i.test(name))).toEqual([ENV.apiKeysFile]);
  });

  test('takes further variables, behind its own', () => {
    const { deployment: other } = synthesize({ env: { STT_LOG_LEVEL: 'debug', TZ: 'UTC' } });

    expect(other).toHaveProperty('spec.template.spec.containers[0].env.length', 12);
    expect(other).toHaveProperty('spec.template.spec.containers[0].env[10]', { name: 'STT_LOG_LEVEL', value: 'debug' });
    expect(other).toHaveProperty('spec.template.spec.containers[0].env[11]', { name: 'TZ', value: 'UTC' });
  });

  test.each([
    ['STT_LOG_LEVEL', 'trace'],
    ['STT_VOICE_ACTIVITY', 'energy'],
    ['STT_MAX_QUEUE', '1'],
    ['STT_MAX_AUDIO_SECONDS', '86400'],
    ['STT_MAX_BODY_BYTES', '1024'],
    ['STT_ENGINE_PROCESSES', '1'],
    ['STT_SHORT_CONTEXT', 'on'],
    ['STT_SHORT_CONTEXT_MARGIN_SECONDS', '1.28'],
  ])('takes %s=%s, which no prop decides', (name, value) => {
    expect(failure(() => synthesize({ env: { [name]: value } }))).toBe('');
    expect(() => readConfig({ [name]: value })).not.toThrow();
  });

  test.each([
    ['STT_LOG_LEVEL', 'verbose', 'it must be one of trace, debug, info, warn, error, fatal, silent.'],
    ['STT_VOICE_ACTIVITY', 'none', 'it must be one of silero, energy.'],
    ['STT_MAX_QUEUE', '0', 'it must be a whole number from 1 to 10000.'],
    ['STT_MAX_QUEUE', '10001', 'it must be a whole number from 1 to 10000.'],
    ['STT_MAX_AUDIO_SECONDS', '1.5', 'it must be a whole number from 1 to 86400.'],
    ['STT_MAX_BODY_BYTES', '25Mi', 'it must be a whole number from 1024 to 1073741824.'],
    ['STT_ENGINE_PROCESSES', '2', 'it must be one of auto, 1.'],
    ['STT_SHORT_CONTEXT', 'true', 'it must be one of off, on.'],
    ['STT_SHORT_CONTEXT_MARGIN_SECONDS', '31', 'it must be a number from 0 to 30.'],
    ['STT_SHORT_CONTEXT_MARGIN_SECONDS', '1,5', 'it must be a number from 0 to 30.'],
  ])('refuses %s=%s, with which the server would not start', (name, value, remedy) => {
    expect(failure(() => synthesize({ env: { [name]: value } }))).toBe(
      `WhisperSttService "test/stt" has a faulty prop:\n  [env-value-invalid] env.${name} is "${value}": ${remedy}`,
    );
    expect(() => readConfig({ [name]: value })).toThrow(name);
  });

  test.each([
    [ENV.host, 'nothing: the server must listen on every interface of its pod'],
    [ENV.port, "'port'"],
    [ENV.model, "'model'"],
    [ENV.modelStore, "'modelSource'"],
    [ENV.device, "'device'"],
    [ENV.quantization, "'quantization'"],
    [ENV.requestTimeoutSeconds, "'requestTimeout'"],
    [ENV.drainDelaySeconds, "'endpointPropagation'"],
    [ENV.apiKeysFile, "'apiKeysSecretName'"],
    [ENV.ompThreads, "'cpus'"],
    [ENV.mklThreads, "'cpus'"],
  ])('has %s once', (name, owner) => {
    expect(failure(() => synthesize({ env: { [name]: '1' } }))).toContain(
      `[env-reserved] env is "${name}": it would be there twice. It is decided by ${owner}. Leave it out here.`,
    );
  });

  test.each(['STT_SERVICE_SERVICE_HOST', 'STT_SERVICE_PORT', 'STT_SERVICE_PORT_8000_TCP_ADDR'])(
    'may have %s, as Kubernetes sets it for a Service, and as the server ignores it',
    (name) => {
      expect(failure(() => synthesize({ env: { [name]: 'x' } }))).toBe('');
      expect(() => readConfig({ [name]: 'x' })).not.toThrow();
    },
  );

  test.each(['STT_LOG_LEVEL', 'STT_VOICE_ACTIVITY', 'STT_MAX_QUEUE', 'STT_MAX_AUDIO_SECONDS', 'STT_MAX_BODY_BYTES'])(
    'may have an empty %s, which counts as absent',
    (name) => {
      expect(failure(() => synthesize({ env: { [name]: '' } }))).toBe('');
      expect(readConfig({ [name]: '' })).toEqual(readConfig({}));
    },
  );

  test('has no setting that the server does not know, with which it would refuse to start', () => {
    expect(() => readConfig({ STT_LOGLEVEL: 'debug' })).toThrow('STT_LOGLEVEL');
    expect(failure(() => synthesize({ env: { STT_LOGLEVEL: 'debug' } }))).toContain(
      '[env-unknown] env is "STT_LOGLEVEL": the server has no such setting and would refuse to start. It has ' +
        'STT_VOICE_ACTIVITY, STT_MAX_QUEUE, STT_MAX_AUDIO_SECONDS, STT_MAX_BODY_BYTES, STT_MAX_REQUESTS_PER_CALLER, ' +
        'STT_TRUSTED_PROXIES, STT_MODEL_NAMES, STT_CORS_ORIGINS, STT_READY_MAX_WAIT_SECONDS, STT_ENGINE_MAX_MIB, ' +
        'STT_ENGINE_PROCESSES, STT_SHORT_CONTEXT, STT_SHORT_CONTEXT_MARGIN_SECONDS, STT_LOG_LEVEL, STT_LOG_TRANSCRIPTS.',
    );
  });

  test.each(['', '1ST', 'A=B', 'A B'])('has no variable %j', (name) => {
    expect(failure(() => synthesize({ env: { [name]: 'x' } }))).toContain(
      `[env-invalid] env is ${JSON.stringify(name)}`,
    );
  });
});
