import type { PropFaults } from './prop-faults';

/** A registry as container engines tell it from a folder: it has a dot or a port, or is `localhost`. */
const REGISTRY = String.raw`(?:localhost(?::\d+)?|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+(?::\d+)?|[a-zA-Z0-9-]+:\d+|\[[0-9a-fA-F:]+\](?::\d+)?)`;

const PATH_COMPONENT = '[a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*';

/** The grammar of github.com/distribution/reference, with the one algorithm that registries use. */
const REFERENCE = new RegExp(
  `^(?:${REGISTRY}/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*` +
    String.raw`(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$`,
);

/** What the API's users and Checkov (CKV_K8S_43) take for an image that cannot change. */
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** What a container image may be named by beside its own text. */
interface ImageOptions {
  /** The prop that it was given by. */
  readonly prop?: string;

  /** `sha256:…` of the image, from a prop of its own. */
  readonly digest?: string;
}

/** A container image as a manifest names it. */
export class ImageReference {
  /** `v1.0.16-amd64` in `stt-service:v1.0.16-amd64`; undefined when only the name, or only a digest, is given. */
  readonly tag: string | undefined;

  private constructor(
    readonly text: string,
    groups: Record<string, string | undefined>,
  ) {
    this.tag = groups.tag;
  }

  static parse(image: string, faults: PropFaults, { prop = 'image', digest }: ImageOptions = {}): ImageReference {
    const match = REFERENCE.exec(image);
    if (!match) {
      faults.add(
        'image-invalid',
        prop,
        image,
        'it must name a container image in lower case, [registry/]name:tag. Give the image that your registry serves, for example ' +
          '"registry.example.com/voice/stt-service:v1.0.16-amd64".',
      );
    }
    const groups = match?.groups ?? {};
    if (digest === undefined) {
      return new ImageReference(image, groups);
    }
    if (!DIGEST.test(digest)) {
      faults.add('image-digest-invalid', `${prop}Digest`, digest, 'it must be "sha256:" and 64 lower-case hex digits.');
    } else if (groups.digest !== undefined) {
      faults.add('image-digest-invalid', `${prop}Digest`, digest, `'${prop}' has a digest already. Give it once.`);
    }
    return new ImageReference(`${image}@${digest}`, groups);
  }
}
