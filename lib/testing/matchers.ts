import { isManifest } from '../cli/read-manifests';
import { whisperPodsOf, type Manifest } from '../policy/manifest';
import { messageOf, type Rule } from '../policy/rule';
import { RULES } from '../policy/rules';

/** What a matcher of jest (and of vitest) returns. */
export interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

/** Every container of every Whisper pod has requests equal to its limits. */
export function toBeGuaranteedQos(manifests: unknown): MatcherResult {
  return obeys(manifests, 'be Guaranteed', ['guaranteed-qos', 'sidecar-unpins']);
}

/** The kubelet's static CPU manager gives the server CPUs of its own: whole ones, in a Guaranteed pod. */
export function toBePinned(manifests: unknown): MatcherResult {
  return obeys(manifests, 'be pinned', ['whole-cpus', 'guaranteed-qos', 'sidecar-unpins']);
}

/** After a burst the autoscaler comes back to `minReplicas`. */
export function toReturnToMinReplicas(manifests: unknown): MatcherResult {
  return obeys(manifests, 'return to minReplicas', ['replica-range', 'hpa-memory-ratchet']);
}

/** A pod that is stopped finishes what it has begun. */
export function toDrainGracefully(manifests: unknown): MatcherResult {
  return obeys(manifests, 'drain gracefully', ['drain-budget']);
}

/** No rule of severity error is broken: what synth demands. */
export function toPassWhisperPolicy(manifests: unknown): MatcherResult {
  const errors = RULES.filter(({ severity }) => severity === 'error').map(({ id }) => id);
  return obeys(manifests, 'pass the policy', errors);
}

/**
 * One rule, by its id, is not broken.
 *
 * @param id as in docs/RULES.md, for example `image-tag`
 */
export function toObeyWhisperRule(manifests: unknown, id: string): MatcherResult {
  return obeys(manifests, `obey ${id}`, [id]);
}

/** Without a single Whisper pod nothing is broken, and nothing was tested: that never passes. */
function obeys(received: unknown, expectation: string, ids: readonly string[]): MatcherResult {
  const manifests = manifestsIn(received);
  const violations = rulesOf(ids).flatMap((rule) => rule.check(manifests).map((finding) => messageOf(rule, finding)));
  if (whisperPodsOf(manifests).length === 0) {
    violations.push('There is no pod of a Whisper server among the manifests.');
  }
  return {
    pass: violations.length === 0,
    message: () =>
      violations.length === 0
        ? `Expected the manifests not to ${expectation}, and they do.`
        : `Expected the manifests to ${expectation}:\n  ${violations.join('\n  ')}`,
  };
}

function rulesOf(ids: readonly string[]): Rule[] {
  return ids.map((id) => {
    const found = RULES.find((rule) => rule.id === id);
    if (!found) {
      throw new Error(`[rule-unknown] there is no rule ${JSON.stringify(id)}. Take an id of docs/RULES.md.`);
    }
    return found;
  });
}

/** `Testing.synth(chart)` gives a list; one object alone is welcome too. */
function manifestsIn(received: unknown): Manifest[] {
  const manifests: unknown[] = Array.isArray(received) ? received : [received];
  if (!manifests.every(isManifest)) {
    throw new Error(
      '[manifests-expected] expect() was given something else than Kubernetes objects. Give it what Testing.synth(chart) ' +
        'returns.',
    );
  }
  return manifests;
}
