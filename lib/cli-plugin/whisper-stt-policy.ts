import { objectName } from '../policy/manifest';
import { documentationOf, type Severity } from '../policy/rule';
import { violationsOf } from '../policy/rules';
import { objectGroups } from './synthesized-files';

/** What a validation plugin of cdk8s-cli is given (cdk8s-cli/plugins ValidationContext), as far as it is used here. */
export interface ValidationContext {
  readonly manifests: readonly string[];
  readonly report: {
    addViolation(violation: ReportedViolation): void;
    submit(status: 'success' | 'failure', metadata?: Readonly<Record<string, string>>): void;
  };
  parseManifest(path: string): unknown[];
}

/** A violation as cdk8s-cli prints it. */
export interface ReportedViolation {
  readonly ruleName: string;
  readonly recommendation: string;
  readonly fix: string;
  readonly violatingResources: readonly {
    readonly resourceName: string;
    readonly locations: readonly string[];
    readonly manifestPath: string;
  }[];
}

/**
 * The rules of the construct, for whatever `cdk8s synth` wrote: by this construct, by another one or by hand. Objects
 * that run no Whisper server are left alone.
 *
 * Named in `cdk8s.yaml` under `validations`. An error fails the synth with exit code 2; advice is reported alone.
 *
 * Exported by the main entry too, since cdk8s-cli looks there for a plugin that is named by its package alone; not part
 * of the API of other languages.
 *
 * @internal
 */
export class WhisperSttPolicy {
  public validate(context: ValidationContext): Promise<void> {
    const groups = objectGroups(context.manifests, (path) => context.parseManifest(path));
    const report = (severity: Severity): number => {
      const violations = groups.flatMap((group) =>
        violationsOf(
          group.map(({ manifest }) => manifest),
          severity,
        ).map(({ rule, finding }) => ({ rule, finding, found: group.find(isNamed(finding.object))! })),
      );
      for (const { rule, finding, found } of violations) {
        context.report.addViolation({
          ruleName: severity === 'error' ? rule.id : `${rule.id} (advice)`,
          recommendation: `${rule.cause}.`,
          fix: `${finding.remedy} See ${documentationOf(rule)}.`,
          violatingResources: [
            {
              resourceName: found.manifest.metadata.name,
              locations: [`${finding.field}: ${finding.got ?? 'missing'}`],
              manifestPath: found.path,
            },
          ],
        });
      }
      return violations.length;
    };
    const errors = report('error');
    const advice = report('advice');
    context.report.submit(errors > 0 ? 'failure' : 'success', { errors: String(errors), advice: String(advice) });
    return Promise.resolve();
  }
}

function isNamed(object: string): (candidate: { readonly manifest: Parameters<typeof objectName>[0] }) => boolean {
  return ({ manifest }) => objectName(manifest) === object;
}
