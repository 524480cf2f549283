import { containersOf, whisperPodsOf } from './manifest';
import type { Rule } from './rule';

/** `registry:5000/name:tag`, without a digest: the last colon behind the last slash. */
const TAG = /:(?<tag>[^/:]+)$/;

/** Every image says which one it is. */
export const imageTag: Rule = {
  id: 'image-tag',
  severity: 'error',
  cause: 'which image runs is decided when a pod starts, so two pods of one Deployment can run different ones',
  explanation:
    'An image without a tag is `latest`, and `latest` is whatever was pushed last. A node that pulls it tomorrow gets ' +
    'another server than the node that pulled it today, a rollback goes nowhere, and nobody can say which version ' +
    'failed. A digest (`@sha256:…`) says exactly which image; a version as the tag is what people read.',

  check(manifests) {
    const containers = containersOf(manifests).map(({ object, field, container: { image } }) => ({
      object,
      field: `${field}.image`,
      image,
    }));
    const volumes = whisperPodsOf(manifests).flatMap(({ object, pod }) =>
      (pod.volumes ?? []).flatMap(({ name, image }) =>
        image ? [{ object, field: `volumes[${name}].image.reference`, image: image.reference }] : [],
      ),
    );
    return [...containers, ...volumes]
      .filter(({ image }) => !saysWhich(image))
      .map(({ object, field, image }) => ({
        object,
        field,
        got: image,
        remedy: 'Give a version as the tag, or a digest.',
      }));
  },
};

function saysWhich(image = ''): boolean {
  if (image.includes('@')) {
    return true;
  }
  const tag = TAG.exec(image)?.groups?.tag;
  return tag !== undefined && tag !== 'latest';
}
