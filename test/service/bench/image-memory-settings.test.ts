import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { imageMemorySettings } from '../../../service/bench/image-memory-settings';
import { REPOSITORY } from '../../support/built';

describe("the image's settings for memory", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'dockerfile-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const dockerfile = (...lines: readonly string[]): string => {
    const file = path.join(folder, 'Dockerfile');
    writeFileSync(file, lines.join('\n'));
    return file;
  };

  it('are those of Node.js and malloc, wherever they stand in their instruction, and nothing else', () => {
    const file = dockerfile(
      '# MALLOC_PERTURB_=1',
      'ENV NODE_OPTIONS=--max-semi-space-size=1 \\',
      '    NODE_ENV=production \\',
      '    MALLOC_ARENA_MAX=3',
      'RUN MALLOC_CHECK_=1 true',
    );
    expect(imageMemorySettings(file)).toEqual({ NODE_OPTIONS: '--max-semi-space-size=1', MALLOC_ARENA_MAX: '3' });
  });

  it("of the service's own image are three", () => {
    expect(Object.keys(imageMemorySettings(path.join(REPOSITORY, 'service/Dockerfile')))).toEqual([
      'NODE_OPTIONS',
      'MALLOC_ARENA_MAX',
      'MALLOC_TRIM_THRESHOLD_',
    ]);
  });

  it('have to be there', () => {
    const file = dockerfile('FROM scratch', 'ENV NODE_ENV=production');
    expect(() => imageMemorySettings(file)).toThrow('sets neither NODE_OPTIONS nor MALLOC_*');
  });
});
