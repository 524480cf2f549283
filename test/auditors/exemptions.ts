import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditedApp } from './audited-app';

/** A finding that is meant to be. */
export interface Exemption {
  /** Id of the check. */
  readonly check: string;

  /** Why it is right as it is. */
  readonly reason: string;

  /** Apps whose finding it is; all when left out. */
  readonly apps?: readonly string[];

  /** Annotation by which the manifest tells the auditor, where it knows one. */
  readonly annotation?: readonly [key: string, value: RegExp];

  /** Whether `.trivyignore` tells the auditor, which reads no annotations. */
  readonly inTrivyIgnore?: boolean;
}

/** Ids of `.trivyignore`, which has the reason above each. */
const TRIVY_IGNORE = readFileSync(join(__dirname, '../../.trivyignore'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** Whether the exemption covers a finding: by its check, its app, and what the auditor itself was told. */
export function exempts(exemption: Exemption, check: string, app: AuditedApp, finding: string): boolean {
  if (exemption.check !== check || !(exemption.apps ?? [app.name]).includes(app.name)) {
    return false;
  }
  if (exemption.inTrivyIgnore && !TRIVY_IGNORE.includes(check)) {
    return false;
  }
  if (!exemption.annotation) {
    return true;
  }
  const [key, value] = exemption.annotation;
  const object = app.objects.find(({ kind, metadata }) => finding.startsWith(`${kind}/${metadata.name}`));
  return value.test(object?.metadata.annotations?.[key] ?? '');
}
