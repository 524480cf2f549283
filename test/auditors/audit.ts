import { AuditedApp } from './audited-app';
import { CARELESS } from './careless-app';
import { exempts, type Exemption } from './exemptions';

/** What one check of an auditor finds in an app: a line for each fault. */
export type Check = (app: AuditedApp) => string[];

/**
 * One test for each check of an auditor, titled with the auditor's own id: it finds nothing in dist/, or what is
 * exempted in writing, and it does find something in manifests with every fault.
 */
export function audit(
  auditor: string,
  checks: Readonly<Record<string, Check>>,
  exemptions: readonly Exemption[] = [],
): void {
  const apps = AuditedApp.all();

  describe(auditor, () => {
    test.each(Object.keys(checks))('%s', (id) => {
      const check = checks[id]!;
      const findings = apps.flatMap((app) =>
        check(app)
          .filter((finding) => !exemptions.some((exemption) => exempts(exemption, id, app, finding)))
          .map((finding) => `${app.name}: ${finding}`),
      );

      expect(findings).toEqual([]);
      expect(check(CARELESS)).not.toEqual([]);
    });

    test('every exemption is of a check, and is needed', () => {
      const idle = exemptions.filter(
        (exemption) =>
          !apps.some((app) =>
            checks[exemption.check]?.(app).some((finding) => exempts(exemption, exemption.check, app, finding)),
          ),
      );

      expect(idle).toEqual([]);
    });
  });
}
