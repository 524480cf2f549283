import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { guaranteedQos } from './guaranteed-qos';
import type { Manifest } from './manifest';
import { replicaRange } from './replica-range';
import type { Finding, Rule } from './rule';
import { threadsMatchCpus } from './threads-match-cpus';
import { wholeCpus } from './whole-cpus';

/** All rules, in the order in which their findings are listed. */
export const RULES: readonly Rule[] = [wholeCpus, guaranteedQos, threadsMatchCpus, replicaRange];

/**
 * Makes synth fail while the construct's manifests break a rule. All findings are listed, each behind the path of the
 * construct.
 *
 * The manifests are rendered for it, so that JSON patches and sidecars are checked like everything else.
 */
export function enforcePolicy(construct: Construct): void {
  construct.node.addValidation({
    validate: () => {
      const manifests = construct.node
        .findAll()
        .filter((child) => ApiObject.isApiObject(child))
        .map((object) => object.toJson() as Manifest);
      return RULES.flatMap((rule) => rule.check(manifests).map((finding) => message(rule, finding)));
    },
  });
}

function message(rule: Rule, { object, field, got, remedy }: Finding): string {
  const value = got === undefined ? 'missing' : JSON.stringify(got);
  return `[${rule.id}] ${object}: ${field} is ${value}: ${rule.cause}. ${remedy}`;
}
