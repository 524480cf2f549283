import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Manifest } from './manifest';
import { observeRendering } from './rendering-chart';
import { messageOf } from './rule';
import { violationsOf } from './rules';

/**
 * Makes synth fail while the construct's manifests break a rule. All findings are listed, each behind the path of the
 * construct.
 */
export function enforcePolicy(construct: Construct): void {
  const rendersElsewhere = observeRendering(construct);
  construct.node.addValidation({
    validate: () => (rendersElsewhere() ? [] : messages(construct, 'error')),
  });
}

/** What the construct's manifests should not say unawares. */
export function advice(construct: Construct): string[] {
  return messages(construct, 'advice');
}

/** Rendered for it, so that JSON patches and sidecars are seen like everything else. */
export function manifestsOf(construct: Construct): Manifest[] {
  return construct.node
    .findAll()
    .filter((child) => ApiObject.isApiObject(child))
    .map((object) => object.toJson() as Manifest);
}

function messages(construct: Construct, severity: 'error' | 'advice'): string[] {
  return violationsOf(manifestsOf(construct), severity).map(({ rule, finding }) => messageOf(rule, finding));
}
