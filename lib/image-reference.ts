import type { PropFaults } from './prop-faults';

/** As the registries' grammar has it: `[registry[:port]/]name[:tag][@algorithm:hex]`. */
const REFERENCE =
  /^(?<name>[^\s:@]+(?::\d+\/[^\s:@]+)?)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>\w+:[0-9a-fA-F]+))?$/;

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

  static parse(image: string, faults: PropFaults): ImageReference {
    const match = REFERENCE.exec(image);
    if (!match) {
      faults.add(
        'image-invalid',
        'image',
        image,
        'it must name a container image, [registry/]name:tag. Give the image that your registry serves, for example ' +
          '"registry.example.com/voice/stt-service:v1.0.16-amd64".',
      );
    }
    return new ImageReference(image, match?.groups ?? {});
  }
}
