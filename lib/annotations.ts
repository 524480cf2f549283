import { isLabel } from './identity';
import type { PropFaults } from './prop-faults';

/**
 * Notes the keys of annotations that Kubernetes would refuse: they are made as a label's, and the value is free.
 *
 * @param prop the prop that the annotations were given by
 */
export function checkAnnotations(prop: string, annotations: Record<string, string>, faults: PropFaults): void {
  for (const [key, value] of Object.entries(annotations)) {
    if (!isLabel(key)) {
      faults.add('annotation-invalid', `${prop}[${JSON.stringify(key)}]`, value, 'Kubernetes takes no such key.');
    }
  }
}
