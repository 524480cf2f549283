import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { CalibrationResults, SubsetResult } from '../../service/bench/calibration/calibration-results';
import { builtPath, REPOSITORY } from '../support/built';

const { subset } = JSON.parse(
  readFileSync(path.join(REPOSITORY, 'docs/confidence.json'), 'utf8'),
) as CalibrationResults;

/** CPUs differ in their sums, and a token that falls otherwise takes the words behind it along. */
const TOLERANCE = 0.02;

/** What the calibration finds on a part of the held-out sentences, in a process of its own. */
async function measure(precision: string): Promise<SubsetResult> {
  const calibration = [builtPath('service/bench/calibration/calibrate.js'), '--quick', '--precisions', precision];
  const { stdout } = await promisify(execFile)(process.execPath, calibration, { cwd: REPOSITORY });
  return JSON.parse(stdout) as SubsetResult;
}

describe.each(['int8', 'fp32'])('the embedded model in %s, on some of the held-out sentences', (precision) => {
  it('errs as often, and is as sure of it, as docs/confidence.md says', async () => {
    const { utterances, rate, ece } = await measure(precision);
    const committed = subset[precision]!;
    console.log(`${precision}: word error rate ${rate.toFixed(4)}, calibration error ${ece.toFixed(4)}`);

    expect(utterances).toBe(committed.utterances);
    expect(Math.abs(rate - committed.rate)).toBeLessThanOrEqual(TOLERANCE);
    expect(Math.abs(ece - committed.ece)).toBeLessThanOrEqual(TOLERANCE);
  }, 240_000);
});
