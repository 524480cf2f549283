import { DEFAULTS, ENV } from '../../lib/contract';
import { ConfigError, readConfig } from '../../service/src/config';

function faultsOf(environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('has the defaults of the contract, and the embedded model', () => {
    const { model, modelStore, statedThreads, ...rest } = readConfig({});
    expect(rest).toMatchObject(DEFAULTS);
    expect(model).toBe('nano');
    expect(modelStore).toMatch(/service\/models$/);
    expect(statedThreads).toEqual({});
  });

  it('cannot be changed after it was read', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });

  it('takes each variable', () => {
    expect(
      readConfig({
        [ENV.host]: '0.0.0.0',
        [ENV.port]: '9000',
        [ENV.model]: 'tiny',
        [ENV.modelStore]: '/models',
        [ENV.device]: 'gpu',
        [ENV.quantization]: 'fp32',
        [ENV.requestTimeoutSeconds]: '30',
        [ENV.drainDelaySeconds]: '5',
        [ENV.maxQueue]: '7',
        [ENV.maxAudioSeconds]: '60',
        [ENV.maxBodyBytes]: '1000000',
        [ENV.maxRequestsPerCaller]: '3',
        [ENV.trustedProxies]: '10.42.0.0/16, 2001:db8::/32,192.0.2.1',
        [ENV.modelNames]: 'known',
        [ENV.corsOrigins]: 'https://app.example.com, http://localhost:3000',
        [ENV.readyMaxWaitSeconds]: '2',
        [ENV.engineMaxMebibytes]: '400',
        [ENV.engineProcesses]: '1',
        [ENV.shortContext]: 'on',
        [ENV.shortContextMarginSeconds]: '0.5',
        [ENV.logLevel]: 'warn',
        [ENV.logTranscripts]: 'on',
        [ENV.ompThreads]: '2',
        [ENV.mklThreads]: '3',
      }),
    ).toMatchObject({
      host: '0.0.0.0',
      port: 9000,
      model: 'tiny',
      modelStore: '/models',
      device: 'gpu',
      quantization: 'fp32',
      requestTimeoutSeconds: 30,
      drainDelaySeconds: 5,
      maxQueue: 7,
      maxAudioSeconds: 60,
      maxBodyBytes: 1_000_000,
      maxRequestsPerCaller: 3,
      trustedProxies: ['10.42.0.0/16', '2001:db8::/32', '192.0.2.1'],
      modelNames: 'known',
      corsOrigins: ['https://app.example.com', 'http://localhost:3000'],
      readyMaxWaitSeconds: 2,
      engineMaxMebibytes: 400,
      engineProcesses: '1',
      shortContext: 'on',
      shortContextMarginSeconds: 0.5,
      logLevel: 'warn',
      logTranscripts: 'on',
      statedThreads: { OMP_NUM_THREADS: 2, MKL_NUM_THREADS: 3 },
    });
  });

  it('counts an empty variable as absent', () => {
    expect(readConfig({ [ENV.port]: '', [ENV.model]: '' })).toMatchObject({ port: DEFAULTS.port, model: 'nano' });
  });

  it.each([
    [ENV.port, '65536', 'from 0 to 65535'],
    [ENV.port, '-1', 'from 0 to 65535'],
    [ENV.port, '80.5', 'from 0 to 65535'],
    [ENV.maxQueue, '0', 'from 1 to'],
    [ENV.requestTimeoutSeconds, '60s', 'from 1 to 3600'],
    [ENV.device, 'tpu', 'cpu, gpu'],
    [ENV.quantization, 'q8', 'int8, fp32'],
    [ENV.logLevel, 'loud', 'trace, debug'],
    [ENV.ompThreads, 'two', 'from 1 to'],
    [ENV.engineProcesses, '2', 'auto, 1'],
    [ENV.shortContext, 'true', 'off, on'],
    [ENV.shortContextMarginSeconds, '30.5', 'from 0 to 30'],
    [ENV.shortContextMarginSeconds, '-1', 'from 0 to 30'],
    [ENV.shortContextMarginSeconds, '2.', 'from 0 to 30'],
    [ENV.modelNames, 'all', 'any, known'],
    [ENV.trustedProxies, 'ingress.example.com', 'addresses or ranges'],
    [ENV.trustedProxies, '10.0.0.0/33', 'addresses or ranges'],
    [ENV.trustedProxies, '10.0.0.0/255.0.0.0', 'addresses or ranges'],
    [ENV.trustedProxies, '2001:db8::/129', 'addresses or ranges'],
    [ENV.trustedProxies, 'fe80::1%eth0', 'addresses or ranges'],
    // Everybody could then say who the caller is.
    [ENV.trustedProxies, '0.0.0.0/0', 'addresses or ranges'],
    [ENV.corsOrigins, 'app.example.com', 'origins such as'],
    [ENV.corsOrigins, 'https://app.example.com/', 'origins such as'],
  ])('refuses %s=%s and says what it expects', (name, value, expected) => {
    const [fault] = faultsOf({ [name]: value });
    expect(fault).toContain(`${name}: got ${JSON.stringify(value)}`);
    expect(fault).toContain(expected);
  });

  it('lists all faults at once', () => {
    expect(faultsOf({ [ENV.port]: 'x', [ENV.maxQueue]: 'y', STT_QUANTISATION: 'int8' })).toHaveLength(3);
  });

  it('tells a misspelt variable from those that Kubernetes adds for Services', () => {
    expect(faultsOf({ STT_SERVICE_SERVICE_HOST: '10.0.0.1', STT_SERVICE_PORT_8000_TCP_ADDR: '10.0.0.1' })).toEqual([]);
    expect(faultsOf({ STT_THREADS: '2' })[0]).toMatch(/^STT_THREADS: no such variable/);
  });
});
