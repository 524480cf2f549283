import { judgeHugePages, judgeMemory, memoryNeed } from '../../../../service/src/cli/doctor/checks/memory-checks';
import { readConfig } from '../../../../service/src/config';
import { POD, WORKSTATION } from './machine';

const MEBIBYTE = 2 ** 20;
const tiny = readConfig({ STT_MODEL: 'tiny' });
const limited = (mebibytes: number | undefined, inPod = true) => ({
  ...POD,
  inPod,
  limits: { ...POD.limits, memoryBytes: mebibytes && mebibytes * MEBIBYTE },
});

describe('the need of memory', () => {
  it.each([
    [{ STT_MODEL: 'tiny' }, 512],
    [{ STT_MODEL: 'whisper-tiny.en' }, 512],
    [{ STT_MODEL: 'onnx-community/whisper-base', STT_QUANTIZATION: 'fp32' }, 1280],
    // A body of 64 MiB is held twice where 64 MiB in all were reckoned with; 100 s more of audio are 6.4 MB, twice.
    [{ STT_MODEL: 'tiny', STT_MAX_BODY_BYTES: String(64 * MEBIBYTE) }, 512 + 64],
    [{ STT_MODEL: 'tiny', STT_MAX_AUDIO_SECONDS: '1000' }, 512 + 13],
  ])('with %j is %i MiB', (environment, mebibytes) => {
    expect(memoryNeed(readConfig(environment), undefined)).toEqual({ mebibytes, isKnown: true });
  });

  it('of another model follows from its weights', () => {
    const own = readConfig({ STT_MODEL: 'our-whisper' });
    expect(memoryNeed(own, 100 * MEBIBYTE)).toEqual({ mebibytes: 360 + 300, isKnown: false });
    expect(memoryNeed(own, undefined)).toBeUndefined();
  });
});

describe('memory', () => {
  it('is enough at the limit of the deployment document', () => {
    expect(judgeMemory(POD, tiny, undefined)).toEqual({
      status: 'ok',
      found: 'limit 700 MiB',
      wanted: '512 MiB for tiny int8',
    });
  });

  it('below a known need fails: the kernel would end the server', () => {
    expect(judgeMemory(limited(511), tiny, undefined)).toMatchObject({
      status: 'failure',
      remedy: expect.stringContaining('Raise the memory limit'),
    });
    expect(judgeMemory(limited(512), tiny, undefined).status).toBe('ok');
  });

  it('below an estimate warns: the estimate may be wrong', () => {
    const own = readConfig({ STT_MODEL: 'our-whisper' });
    expect(judgeMemory(limited(500), own, 100 * MEBIBYTE)).toMatchObject({
      status: 'warning',
      wanted: '660 MiB for our-whisper int8 (an estimate from its weights)',
    });
  });

  it('that others use at present warns, but in a pod, which has requested it', () => {
    const busy = { availableMemoryBytes: 400 * MEBIBYTE };
    expect(judgeMemory({ ...WORKSTATION, ...busy }, tiny, undefined)).toMatchObject({
      status: 'warning',
      found: 'no limit, 400 MiB of the machine are free',
    });
    expect(judgeMemory({ ...POD, ...busy }, tiny, undefined).status).toBe('ok');
  });

  it('without a limit is wrong in a pod, and right elsewhere', () => {
    expect(judgeMemory(limited(undefined), tiny, undefined)).toMatchObject({
      status: 'warning',
      remedy: expect.stringContaining('Guaranteed'),
    });
    expect(judgeMemory(WORKSTATION, tiny, undefined).status).toBe('ok');
  });
});

describe('huge pages', () => {
  it.each([
    ['always', '2.31', 'ok'],
    ['always', undefined, 'ok'],
    ['madvise', '2.36', 'ok'],
    ['madvise', '2.35', 'ok'],
    ['madvise', '2.40', 'ok'],
    ['madvise', '2.5', 'warning'],
    ['madvise', '2.31', 'warning'],
    ['madvise', undefined, 'warning'],
    ['never', '2.36', 'warning'],
    [undefined, '2.36', 'warning'],
  ])('in mode %s with glibc %s are %s', (hugePages, glibcVersion, status) => {
    expect(judgeHugePages({ ...POD, hugePages, glibcVersion }).status).toBe(status);
  });
});
