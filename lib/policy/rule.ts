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

/** Something that the manifests of a Whisper service must never say. */
export interface Rule {
  /** Stable, in kebab-case: for people who search for it and for tests. */
  readonly id: string;

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
