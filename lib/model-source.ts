import { ApiObject, JsonPatch, Size } from 'cdk8s';
import {
  ImagePullPolicy,
  PersistentVolumeClaim,
  Volume,
  type ContainerProps,
  type ContainerResources,
  type Deployment,
  type VolumeMount,
} from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { IMAGE_MODEL_STORE } from './contract';
import { ImageReference } from './image-reference';
import type { KubernetesVersion } from './kubernetes-version';
import { isObjectName } from './object-name';
import type { PropFaults } from './prop-faults';
import { CONTAINER_SECURITY_CONTEXT } from './security';

/** Where the model store of the pods comes from. */
export interface ModelSourceProps {
  /**
   * Where the models come from. Whatever it is, the server reads one folder a model below `/models`, and cannot write
   * there.
   *
   * @default ModelSource.bakedIntoImage()
   */
  readonly modelSource?: ModelSource;
}

/** What can be said of models that are copied out of an image. */
export interface OciImageOptions {
  /**
   * The command that copies, with its arguments. It is not run by a shell, as user 10001, on a read-only root: it must
   * be a program of the image, and leave one folder a model in `/model-store`.
   *
   * @default ['/bin/cp', '-r', '/models/.', '/model-store/']
   */
  readonly command?: string[];

  /**
   * Most disk that the copied models may take. Whole mebibytes. Each pod requests it beside `ephemeralStorage`.
   *
   * @default Size.gibibytes(1), enough for `small` in fp32
   */
  readonly size?: Size;
}

type Source =
  | { readonly kind: 'baked' }
  | { readonly kind: 'claim'; readonly claimName: string; readonly subPath?: string }
  | { readonly kind: 'copy'; readonly image: string; readonly options: OciImageOptions }
  | { readonly kind: 'imageVolume'; readonly image: string };

/** Where the models of a service come from. */
export class ModelSource {
  /**
   * The server's image carries them, below `/models`.
   *
   * Use case: everything that is deployed together is versioned together; nothing is fetched when a pod starts.
   */
  public static bakedIntoImage(): ModelSource {
    return new ModelSource({ kind: 'baked' });
  }

  /**
   * A PersistentVolumeClaim holds them, one folder a model. It is mounted read-only.
   *
   * Use case: many models, shared by many services. Pods on several nodes need a claim with ReadOnlyMany or
   * ReadWriteMany.
   *
   * @param claimName name of a claim of the service's namespace; the construct does not create it
   * @param subPath folder of the volume that holds the models; its root when left out
   */
  public static persistentVolumeClaim(claimName: string, subPath?: string): ModelSource {
    return new ModelSource({ kind: 'claim', claimName, subPath });
  }

  /**
   * An image holds them, and an init container copies them into each pod. The image needs a program that copies, such
   * as busybox's `cp`, and by default the models below `/models`.
   *
   * Use case: models that are versioned apart from the server, on any cluster.
   *
   * @param image image with the models, `[registry/]name:tag[@digest]`
   */
  public static ociImage(image: string, options: OciImageOptions = {}): ModelSource {
    return new ModelSource({ kind: 'copy', image, options });
  }

  /**
   * An image holds them, one folder a model at its root, and is mounted as a volume: nothing is copied, and the image
   * needs no program.
   *
   * Use case: models that are versioned apart from the server, on clusters that have image volumes
   * (`kubernetesVersion` 1.35 and later; generally available in 1.36).
   *
   * @param image image or OCI artifact with the models, `[registry/]name:tag[@digest]`
   */
  public static imageVolume(image: string): ModelSource {
    return new ModelSource({ kind: 'imageVolume', image });
  }

  /** @internal */
  public readonly _source: Source;

  private constructor(source: Source) {
    this._source = source;
  }
}

/** Where the init container writes: a folder that is not the image's own `/models`, which it would hide. */
const COPY_TARGET = '/model-store';

const COPY_CONTAINER = 'copy-models';

/** How models are copied out of an image, with the defaults. */
function copyOf({ options }: Source & { kind: 'copy' }): Required<OciImageOptions> {
  const { command = ['/bin/cp', '-r', '/models/.', `${COPY_TARGET}/`], size = Size.gibibytes(1) } = options;
  return { command, size };
}

const VOLUME_NAME = 'models';

/** First version that has image volumes by default (KEP-4639). */
const IMAGE_VOLUME_MINOR = 35;

/** The model store of the pods. */
export class ModelStore {
  readonly #source: Source;

  constructor(props: ModelSourceProps, version: KubernetesVersion, faults: PropFaults) {
    this.#source = (props.modelSource ?? ModelSource.bakedIntoImage())._source;
    if (this.#source.kind === 'claim') {
      checkClaim(this.#source, faults);
    } else if (this.#source.kind === 'copy') {
      checkCopy(this.#source, faults);
    } else if (this.#source.kind === 'imageVolume') {
      ImageReference.parse(this.#source.image, faults, { prop: 'modelSource.image' });
      if (!version.atLeast(IMAGE_VOLUME_MINOR)) {
        faults.add(
          'model-source-unsupported',
          'modelSource',
          'imageVolume',
          `kubernetesVersion is ${version.toString()}, and image volumes need 1.${IMAGE_VOLUME_MINOR}. Use ` +
            'ModelSource.ociImage, or raise kubernetesVersion where every cluster has it.',
        );
      }
    }
  }

  /** Names of the containers that it puts into the pods. */
  get containerNames(): string[] {
    return this.#source.kind === 'copy' ? [COPY_CONTAINER] : [];
  }

  /** Disk that the models take of each pod. */
  get size(): Size {
    return this.#source.kind === 'copy' ? copyOf(this.#source).size : Size.mebibytes(0);
  }

  /** The server's mount, and the init container that fills it, for the kinds that cdk8s-plus-28 knows. */
  toVolume(
    scope: Construct,
    resources: ContainerResources,
  ): { mounts: VolumeMount[]; initContainers: ContainerProps[] } {
    if (this.#source.kind === 'claim') {
      const { claimName, subPath } = this.#source;
      const claim = PersistentVolumeClaim.fromClaimName(scope, 'ModelClaim', claimName);
      const options = { name: VOLUME_NAME, readOnly: true };
      const volume = Volume.fromPersistentVolumeClaim(scope, 'Models', claim, options);
      return { mounts: [{ path: IMAGE_MODEL_STORE, volume, readOnly: true, subPath }], initContainers: [] };
    }
    if (this.#source.kind === 'copy') {
      const { image } = this.#source;
      const { command, size } = copyOf(this.#source);
      const volume = Volume.fromEmptyDir(scope, 'Models', VOLUME_NAME, { sizeLimit: size });
      const copy: ContainerProps = {
        name: COPY_CONTAINER,
        image,
        imagePullPolicy: ImagePullPolicy.ALWAYS,
        command: [...command],
        // The server's own: the pod requests no more for it, and stays Guaranteed.
        resources,
        securityContext: CONTAINER_SECURITY_CONTEXT,
        volumeMounts: [{ path: COPY_TARGET, volume }],
      };
      return { mounts: [{ path: IMAGE_MODEL_STORE, volume, readOnly: true }], initContainers: [copy] };
    }
    return { mounts: [], initContainers: [] };
  }

  /** The kind that cdk8s-plus-28 does not know. */
  patch(deployment: Deployment): void {
    if (this.#source.kind === 'imageVolume') {
      const reference = this.#source.image;
      ApiObject.of(deployment).addJsonPatch(
        JsonPatch.add('/spec/template/spec/volumes/-', {
          name: VOLUME_NAME,
          image: { reference, pullPolicy: 'Always' },
        }),
        JsonPatch.add('/spec/template/spec/containers/0/volumeMounts/-', {
          name: VOLUME_NAME,
          mountPath: IMAGE_MODEL_STORE,
          readOnly: true,
        }),
      );
    }
  }
}

function checkClaim({ claimName, subPath = '' }: Source & { kind: 'claim' }, faults: PropFaults): void {
  if (!isObjectName(claimName)) {
    faults.add('model-source-invalid', 'modelSource.claimName', claimName, 'it must be the name of a claim.');
  }
  if (subPath.startsWith('/') || subPath.split('/').includes('..')) {
    faults.add('model-source-invalid', 'modelSource.subPath', subPath, "it must be a folder below the volume's root.");
  }
}

function checkCopy(source: Source & { kind: 'copy' }, faults: PropFaults): void {
  const { command, size } = copyOf(source);
  ImageReference.parse(source.image, faults, { prop: 'modelSource.image' });
  if (command.length === 0) {
    faults.add('model-source-invalid', 'modelSource.command', '[]', 'nothing would be copied. Leave it out.');
  }
  faults.wholeMebibytes('model-source-invalid', 'modelSource.size', size, {
    min: 1,
    remedy: 'Give what the models take, with Size.mebibytes or Size.gibibytes.',
  });
}
