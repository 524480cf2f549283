import { Secret, Volume, type VolumeMount } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { isObjectName } from './object-name';
import type { PropFaults } from './prop-faults';

/** Who may use the API. */
export interface ApiKeysProps {
  /**
   * Secret of the service's namespace that holds the API keys, one a line. It is mounted as a file, never put into the
   * environment, and never into the manifest.
   *
   * @default - no keys: every caller that reaches the Service is served
   */
  readonly apiKeysSecretName?: string;

  /**
   * Which entry of the Secret holds them.
   *
   * @default 'api-keys'
   */
  readonly apiKeysSecretKey?: string;
}

const DEFAULT_KEY = 'api-keys';

const FOLDER = '/etc/whisper-stt';
const FILE = 'api-keys';

/** For owner and group alone: the pod's `fsGroup` makes the server's group the file's. */
const FILE_MODE = 0o440;

/** As the API has it for the keys of a Secret's data. */
const SECRET_KEY = /^(?!\.\.|\.$)[-._A-Za-z0-9]{1,253}$/;

/** Where the API keys come from. */
export class ApiKeys {
  readonly #secretName: string | undefined;
  readonly #key: string;

  constructor(props: ApiKeysProps, faults: PropFaults) {
    this.#secretName = props.apiKeysSecretName;
    this.#key = props.apiKeysSecretKey ?? DEFAULT_KEY;
    if (this.#secretName !== undefined && !isObjectName(this.#secretName)) {
      faults.add('api-keys-invalid', 'apiKeysSecretName', this.#secretName, 'it must be the name of a Secret.');
    }
    if (props.apiKeysSecretKey !== undefined) {
      if (this.#secretName === undefined) {
        faults.add('api-keys-invalid', 'apiKeysSecretKey', this.#key, "of which Secret? Give 'apiKeysSecretName' too.");
      } else if (!SECRET_KEY.test(this.#key)) {
        faults.add('api-keys-invalid', 'apiKeysSecretKey', this.#key, 'it must be the name of an entry of the Secret.');
      }
    }
  }

  /** Path of the file in the container; undefined without keys. */
  get path(): string | undefined {
    return this.#secretName === undefined ? undefined : `${FOLDER}/${FILE}`;
  }

  /** A folder, not a file by `subPath`: that would never see a changed Secret. */
  toMounts(scope: Construct): VolumeMount[] {
    if (this.#secretName === undefined) {
      return [];
    }
    const volume = Volume.fromSecret(
      scope,
      'ApiKeys',
      Secret.fromSecretName(scope, 'ApiKeysSecret', this.#secretName),
      {
        name: 'api-keys',
        defaultMode: FILE_MODE,
        items: { [this.#key]: { path: FILE } },
      },
    );
    return [{ path: FOLDER, volume, readOnly: true }];
  }
}
