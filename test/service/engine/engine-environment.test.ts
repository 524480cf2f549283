import { engineEnvironment } from '../../../service/src/engine/engine-environment';

describe("the engine's environment", () => {
  test("is the server's, with what makes it fast and small", () => {
    expect(engineEnvironment({ PATH: '/bin' })).toEqual({
      PATH: '/bin',
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
      MALLOC_TRIM_THRESHOLD_: '131072',
      ORT_DISABLE_TELEMETRY: '1',
      ORT_GQA_DISABLE_FLASH_ATTENTION: '1',
    });
  });

  test("leaves the server's own to it, and adds to its tunables", () => {
    expect(
      engineEnvironment({ MALLOC_TRIM_THRESHOLD_: '1', GLIBC_TUNABLES: 'glibc.malloc.arena_max=1' }),
    ).toMatchObject({
      MALLOC_TRIM_THRESHOLD_: '1',
      GLIBC_TUNABLES: 'glibc.malloc.arena_max=1:glibc.malloc.hugetlb=1',
    });
    expect(engineEnvironment({ GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' })).toMatchObject({
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0',
    });
  });
});
