import { readFileSync } from 'node:fs';
import {
  inputsHash,
  measuredVersions,
  predictions,
  RATCHET_REPORT,
  readRatchetReport,
  writeRatchetReport,
} from '../cluster/ratchet-report';

const text = readFileSync(RATCHET_REPORT, 'utf8');
const report = readRatchetReport(text);

describe('docs/hpa-ratchet.md', () => {
  test('is about the autoscaler as it is now: run `npm run test:cluster:sweep` and commit it when this fails', () => {
    expect(report.inputs).toBe(inputsHash());
  });

  test('is as the sweep wrote it', () => {
    expect(text).toBe(writeRatchetReport(report));
  });

  test('has both releases', () => {
    expect([...report.measured.keys()]).toEqual(measuredVersions());
  });

  test.each(measuredVersions())('agrees with the rule at every interval end of Kubernetes %s', (version) => {
    expect(report.measured.get(version)!.length).toBeGreaterThan(10);
    expect(report.measured.get(version)).toEqual(predictions(version));
  });

  test('shows that the releases differ at 539Mi and 545Mi', () => {
    const rows = measuredVersions().map((version) => report.measured.get(version)!);
    const differing = rows[0]!.filter(({ fromMin }, index) => fromMin !== rows[1]![index]!.fromMin);

    expect(differing.map(({ workingSetMebibytes }) => workingSetMebibytes)).toEqual([539, 545]);
  });
});
