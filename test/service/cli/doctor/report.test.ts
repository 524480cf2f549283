import { reportOf, reportText, type CheckReport } from '../../../../service/src/cli/doctor/report';

const FINE: CheckReport = { id: 'port', status: 'ok', found: 'free', wanted: '127.0.0.1:8000 is free' };
const WORSE: CheckReport = {
  id: 'memory',
  status: 'warning',
  found: 'no limit',
  wanted: '512 MiB',
  remedy: 'Set one.',
};
const WRONG: CheckReport = { ...WORSE, id: 'model', status: 'failure' };
const UNKNOWN: CheckReport = { ...FINE, id: 'model-load', status: 'skipped' };

describe('a report', () => {
  it.each([
    [[FINE], 'ok'],
    [[FINE, UNKNOWN], 'ok'],
    [[FINE, WORSE], 'warning'],
    [[WRONG, WORSE, FINE], 'failure'],
  ])('is as bad as the worst of its checks', (checks, status) => {
    expect(reportOf(checks).status).toBe(status);
  });

  it('shows one line of what is fine, and what to do about the rest', () => {
    expect(reportText(reportOf([FINE, WORSE, UNKNOWN]))).toBe(
      `ok       port        free
warning  memory      no limit
                     wanted: 512 MiB
                     to do: Set one.
skipped  model-load  free

1 ok, 1 warning, 0 failures, 1 skipped`,
    );
  });
});
