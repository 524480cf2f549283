import {
  judgeApiKeys,
  judgeDrain,
  judgeKeepAlive,
  judgePort,
} from '../../../../service/src/cli/doctor/checks/network-checks';
import type { PortFacts, ServerFacts } from '../../../../service/src/cli/doctor/server-facts';
import { readConfig } from '../../../../service/src/config';
import { KEEP_ALIVE_TIMEOUT_MS } from '../../../../service/src/http/connections/connections';

const FACTS: ServerFacts = {
  config: readConfig({ STT_API_KEYS_FILE: '/keys' }),
  model: { error: 'not looked for' },
  checksums: undefined,
  hasSpeechDetector: true,
  apiKeys: { value: 3 },
  port: { state: 'free' },
  load: undefined,
};

describe('API keys', () => {
  it('are counted', () => {
    expect(judgeApiKeys(FACTS)).toMatchObject({ status: 'ok', found: '3 in /keys' });
    expect(judgeApiKeys({ ...FACTS, apiKeys: undefined })).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('none'),
    });
  });

  it('that cannot be read fail', () => {
    expect(judgeApiKeys({ ...FACTS, apiKeys: { error: '/keys holds no API key' } })).toMatchObject({
      status: 'failure',
      found: '/keys holds no API key',
    });
  });
});

describe('the port', () => {
  it.each<[PortFacts, string]>([
    [{ state: 'free' }, 'ok'],
    [{ state: 'server', isReady: false }, 'ok'],
    [{ state: 'taken', reason: 'EADDRINUSE' }, 'failure'],
  ])('%j is %s', (port, status) => {
    expect(judgePort({ ...FACTS, port }).status).toBe(status);
  });
});

describe('keep-alive', () => {
  it('of the server outlives the usual callers', () => {
    expect(judgeKeepAlive(KEEP_ALIVE_TIMEOUT_MS)).toMatchObject({
      status: 'ok',
      found: expect.stringMatching(/^95 s/),
    });
  });

  it('that ends with Go’s 90 s or before warns', () => {
    expect(judgeKeepAlive(90_000).status).toBe('warning');
    expect(judgeKeepAlive(90_001).status).toBe('ok');
  });
});

describe('the drain', () => {
  const config = readConfig({ STT_DRAIN_DELAY_SECONDS: '5', STT_REQUEST_TIMEOUT_SECONDS: '60' });

  it('needs the delay, the longest request and the margin', () => {
    expect(judgeDrain(config, 75)).toMatchObject({ status: 'ok', found: '75 s' });
    expect(judgeDrain(config, 74)).toMatchObject({
      status: 'failure',
      wanted: expect.stringContaining('75 s (5 s delay, 60 s for the longest request, 10 s margin)'),
    });
  });

  it('is not judged where nobody told the grace period', () => {
    expect(judgeDrain(config, undefined)).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('--grace-period'),
    });
  });
});
