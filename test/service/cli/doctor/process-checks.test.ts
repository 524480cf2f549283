import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  judgeClock,
  judgeConfiguration,
  judgeFilesystem,
  judgeNodeVersion,
  judgeOpenFiles,
  judgePlatform,
  MINIMUM_NODE,
} from '../../../../service/src/cli/doctor/checks/process-checks';
import { ConfigError, readConfig } from '../../../../service/src/config';
import { REPOSITORY } from '../../../support/built';
import { POD, WORKSTATION } from './machine';

describe('the configuration', () => {
  it('is judged with all its faults', () => {
    expect(judgeConfiguration(readConfig({})).status).toBe('ok');
    expect(judgeConfiguration(new ConfigError(['STT_PORT: got "x"', 'STT_MODLE: no such variable']))).toMatchObject({
      status: 'failure',
      found: 'STT_PORT: got "x"; STT_MODLE: no such variable',
    });
  });
});

describe('the release of Node.js', () => {
  it.each([
    ['v20.18.9', 'failure'],
    ['v18.20.0', 'failure'],
    ['v20.19.0', 'ok'],
    ['v22.0.0', 'ok'],
    ['v24.21.0', 'ok'],
    ['v23.1.0', 'warning'],
    ['v26.0.0', 'warning'],
  ])('%s is %s', (nodeVersion, status) => {
    expect(judgeNodeVersion({ ...POD, nodeVersion }).status).toBe(status);
  });

  it('is at least what package.json says', () => {
    const { engines } = JSON.parse(readFileSync(path.join(REPOSITORY, 'service/package.json'), 'utf8')) as {
      engines: { node: string };
    };
    expect(engines.node).toBe(`>=${MINIMUM_NODE.join('.')}.0`);
  });
});

describe('the platform', () => {
  it.each([
    ['linux-x64', 'ok'],
    ['linux-arm64', 'ok'],
    ['darwin-arm64', 'warning'],
  ])('%s is %s', (platform, status) => {
    expect(judgePlatform({ ...POD, platform }).status).toBe(status);
  });
});

describe('the clock', () => {
  const at = (now: string) => ({ ...POD.clock, now: new Date(now) });

  it.each([
    ['as it should be', POD.clock, 'ok'],
    ['never set', at('1970-01-01T00:01:00Z'), 'warning'],
    ['far in the future', at('2100-01-01T00:00:00Z'), 'warning'],
    ['set in steps', { ...POD.clock, wallMs: 3_600_000 }, 'warning'],
    ['set back', { ...POD.clock, wallMs: -2000 }, 'warning'],
    ['slow to read', { ...POD.clock, source: 'hpet' }, 'warning'],
    ['without a source that the kernel tells', { ...POD.clock, source: undefined }, 'ok'],
    ['standing still', { ...POD.clock, monotonicMs: 0 }, 'failure'],
  ])('%s', (_, clock, status) => {
    expect(judgeClock({ ...POD, clock }).status).toBe(status);
  });
});

describe('open files', () => {
  it.each([
    [Infinity, 'ok', 'no limit: 1024 connections'],
    [20_000, 'ok', '20000: 1024 connections'],
    [1216, 'ok', '1216: 1024 connections'],
    [1215, 'warning', '1215: 1023 connections'],
    [256, 'warning', '256: 64 connections'],
    [undefined, 'ok', 'unknown: this kernel does not say'],
  ])('%s are %s', (openFiles, status, found) => {
    expect(judgeOpenFiles({ ...POD, openFiles })).toMatchObject({ status, found });
  });
});

describe('the filesystem', () => {
  it('need not be writable anywhere', () => {
    expect(judgeFilesystem(POD)).toMatchObject({ status: 'ok', found: '/ is read-only, /tmp not writable' });
  });

  it('of a pod should not be', () => {
    expect(judgeFilesystem({ ...POD, rootIsReadOnly: false })).toMatchObject({
      status: 'warning',
      remedy: expect.stringContaining('readOnlyRootFilesystem'),
    });
    expect(judgeFilesystem(WORKSTATION).status).toBe('ok');
  });
});
