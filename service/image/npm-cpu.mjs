// npm's name for an architecture that container tools call by another.
const CPUS = { amd64: 'x64', arm64: 'arm64' };

/**
 * @param {string | undefined} architecture as in TARGETARCH
 * @returns {string} as in `process.arch`
 */
export function npmCpu(architecture) {
  const cpu = CPUS[architecture];
  if (!cpu) {
    throw new Error(`no image for ${architecture}: TARGETARCH is one of ${Object.keys(CPUS).join(', ')}`);
  }
  return cpu;
}
