import type { MachineFacts } from '../../../../service/src/cli/doctor/machine-facts';

/** A pod as the construct makes it: two CPUs of its own on a node of eight, 700Mi. */
export const POD: MachineFacts = {
  inPod: true,
  nodeVersion: 'v24.21.0',
  platform: 'linux-x64',
  glibcVersion: '2.36',
  limits: { cpuQuota: 2, affinityCpus: 2, memoryBytes: 700 * 2 ** 20 },
  cpus: {
    allowed: [2, 3],
    online: [0, 1, 2, 3, 4, 5, 6, 7],
    siblings: [[2], [3]],
    isExclusive: false,
    features: new Set(['avx2', 'avx512f', 'avx512_vnni']),
  },
  throttling: { periods: 1000, throttled: 3 },
  availableMemoryBytes: 8 * 2 ** 30,
  hugePages: 'madvise',
  openFiles: 1_048_576,
  clock: { now: new Date('2026-11-26T12:00:00Z'), wallMs: 50, monotonicMs: 50.2, source: 'tsc' },
  rootIsReadOnly: true,
  temporaryFolder: '/tmp',
  temporaryIsWritable: false,
};

/** Somebody's own computer, without a container. */
export const WORKSTATION: MachineFacts = {
  ...POD,
  inPod: false,
  limits: { cpuQuota: undefined, affinityCpus: 8, memoryBytes: undefined },
  cpus: { ...POD.cpus, allowed: [0, 1, 2, 3], online: [0, 1, 2, 3], siblings: [[0], [1], [2], [3]] },
  rootIsReadOnly: false,
  temporaryIsWritable: true,
};
