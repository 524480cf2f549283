import type { Manifest } from './manifest';

/** One place where a manifest breaks a rule. */
export interface Finding {
  /** Kind and name of the object, for example `Deployment stt-service`. */
  readonly object: string;

  /** The field, as a person would look for it, for example `containers[stt-service].resources.requests.cpu`. */
  readonly field: string;

  /** The value got; undefined where the field is missing. */
  readonly got: string | undefined;

  /** What to do. */
  readonly remedy: string;
}

/** An error makes synth fail; advice is printed. */
export type Severity = 'error' | 'advice';

/** Something that the manifests of a Whisper service must never say, or should not say unawares. */
export interface Rule {
  /** Stable, in kebab-case: for people who search for it and for tests. */
  readonly id: string;

  readonly severity: Severity;

  /** What goes wrong, in half a sentence: it stands in the message. */
  readonly cause: string;

  /** Why it is so, for the documentation. */
  readonly explanation: string;

  /**
   * @param manifests Kubernetes objects as they will be written, whoever made them
   * @returns every place that breaks the rule
   */
  check(manifests: readonly Manifest[]): Finding[];
}

/** Where the rule is explained. */
export function documentationOf({ id }: Rule): string {
  return `cdk8s-whisper-stt/docs/RULES.md#${id}`;
}

/** A finding as a person reads it: where, what, why, and what to do. */
export function messageOf(rule: Rule, { object, field, got, remedy }: Finding): string {
  const value = got === undefined ? 'missing' : JSON.stringify(got);
  return `[${rule.id}] ${object}: ${field} is ${value}: ${rule.cause}. ${remedy} See ${documentationOf(rule)}.`;
}
