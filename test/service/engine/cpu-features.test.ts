import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compiledVariantFor } from '../../../service/src/engine/compiled-variant';
import { hasInt8DotProducts } from '../../../service/src/engine/cpu-features';

/** Lines of /proc/cpuinfo, cut down to what matters. */
const PROCESSORS: [string, string, boolean][] = [
  ['Ice Lake', 'flags\t\t: fpu avx2 avx512f avx512bw avx512_vnni avx512_bitalg la57', true],
  ['Alder Lake', 'flags\t\t: fpu avx2 avx_vnni gfni', true],
  ['Zen 4', 'flags\t\t: fpu avx2 avx512f avx512_bf16 avx512_vnni avx512_vpopcntdq', true],
  ['Neoverse N1', 'Features\t: fp asimd evtstrm aes atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp ssbs', true],
  ['Haswell', 'flags\t\t: fpu sse4_2 avx2 bmi2', false],
  ['Skylake-X, without VNNI', 'flags\t\t: fpu avx2 avx512f avx512dq avx512cd avx512bw avx512vl', false],
  ['Zen 3', 'flags\t\t: fpu avx2 vaes vpclmulqdq', false],
  ['Cortex-A72', 'Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid', false],
];

describe('the dot products of 8-bit integers', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'cpu-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each(PROCESSORS)('are seen in what the kernel tells of %s', (_, line, expected) => {
    const file = path.join(folder, 'cpuinfo');
    writeFileSync(file, `processor\t: 0\n${line}\nprocessor\t: 1\n${line}\n`);
    expect(hasInt8DotProducts(file)).toBe(expected);
  });

  it('are taken to be absent where nobody tells', () => {
    expect(hasInt8DotProducts(path.join(folder, 'absent'))).toBe(false);
  });

  it('decide which compiled files are used in 8 bits, and not in single precision', () => {
    expect(compiledVariantFor('int8', true)).toBe('int8');
    expect(compiledVariantFor('int8', false)).toBe('int7');
    expect([true, false].map((has) => compiledVariantFor('fp32', has))).toEqual(['fp32', 'fp32']);
  });
});
