import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { clusterVersion } from './control-plane';
import {
  inputsHash,
  measuredApp,
  measuredVersions,
  measuredWorkingSets,
  predictions,
  RATCHET_REPORT,
  readRatchetReport,
  writeRatchetReport,
} from './ratchet-report';
import { measureRestingPoint, type RestingPoint } from './resting-point';

/** Writes this release's part of the report, and keeps the other releases' as long as they have the same inputs. */
function report(version: string, points: readonly RestingPoint[]): void {
  const inputs = inputsHash();
  const before = readRatchetReport(existsSync(RATCHET_REPORT) ? readFileSync(RATCHET_REPORT, 'utf8') : '');
  const measured = new Map(before.inputs === inputs ? before.measured : []).set(version, points);
  const inOrder = measuredVersions().flatMap((each) => {
    const known = measured.get(each);
    return known ? [[each, known] as const] : [];
  });
  writeFileSync(RATCHET_REPORT, writeRatchetReport({ inputs, measured: new Map(inOrder) }));
}

test(`the autoscaler of Kubernetes ${clusterVersion()} rests where the rule says, at every interval end`, async () => {
  const version = clusterVersion();

  const points = await Promise.all(measuredWorkingSets().map((each) => measureRestingPoint(measuredApp(), each)));

  // Before it is compared: a report of what was measured, whatever the rule says.
  report(version, points);
  expect(points).toEqual(predictions(version));
});
