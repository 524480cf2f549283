import { cpuInitialization } from './cpu-initialization';
import { drainBudget } from './drain-budget';
import { duplicateEnv } from './duplicate-env';
import { emptySharedPool } from './empty-shared-pool';
import { guaranteedQos } from './guaranteed-qos';
import { hpaDownWindow } from './hpa-down-window';
import { hpaMemoryRatchet } from './hpa-memory-ratchet';
import { idleMemoryAssumed } from './idle-memory-assumed';
import { imageTag } from './image-tag';
import { literalSecret } from './literal-secret';
import type { Manifest } from './manifest';
import { modelMemory } from './model-memory';
import { probeBudget } from './probe-budget';
import { replicaRange } from './replica-range';
import type { Finding, Rule, Severity } from './rule';
import { secretEnv } from './secret-env';
import { sidecarUnpins } from './sidecar-unpins';
import { smtAlignment } from './smt-alignment';
import { threadsMatchCpus } from './threads-match-cpus';
import { wholeCpus } from './whole-cpus';

/** All rules, in the order in which their findings are listed. */
export const RULES: readonly Rule[] = [
  wholeCpus,
  guaranteedQos,
  sidecarUnpins,
  threadsMatchCpus,
  modelMemory,
  replicaRange,
  hpaMemoryRatchet,
  hpaDownWindow,
  probeBudget,
  drainBudget,
  duplicateEnv,
  imageTag,
  literalSecret,
  secretEnv,
  smtAlignment,
  emptySharedPool,
  cpuInitialization,
  idleMemoryAssumed,
];

/** A rule, and one place that breaks it. */
export interface Violation {
  readonly rule: Rule;
  readonly finding: Finding;
}

/** All places of some manifests that break a rule of the severity. */
export function violationsOf(manifests: readonly Manifest[], severity: Severity): Violation[] {
  return RULES.filter((rule) => rule.severity === severity).flatMap((rule) =>
    rule.check(manifests).map((finding) => ({ rule, finding })),
  );
}
