import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { CompiledStore } from '../support/compiled-store';
import { NANO } from '../support/nano';

/** Lengths around those whose silent rest is none, one frame, and so on; at whole windows and at parts of one. */
const CASES = [1500, 400, 100].flatMap((positions) =>
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20].map((silentFrames) => ({
    samples: positions * 320 - silentFrames * 160 - 40,
    positions,
  })),
);

describe('the compiled encoder', () => {
  let store: CompiledStore;
  let differences: readonly number[];

  beforeAll(async () => {
    store = await CompiledStore.of(NANO, ['fp32']);
    const script = path.join(__dirname, '../support/compiled-encoder.js');
    const input = JSON.stringify({
      store: path.dirname(store.model),
      model: path.basename(store.model),
      cases: [...CASES, { samples: 0, positions: 100 }, { samples: 16_000, positions: 1500 }],
    });
    differences = JSON.parse(execFileSync(process.execPath, [script], { input, encoding: 'utf8' })) as number[];
  }, 120_000);
  afterAll(() => {
    store.remove();
  });

  it('makes of silence that is left to it what it makes of silence that is written out', () => {
    expect(differences).toHaveLength(CASES.length + 2);
    expect(Math.max(...differences)).toBeLessThan(1e-3);
  });
});
