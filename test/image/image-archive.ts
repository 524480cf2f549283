import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { REPOSITORY } from '../support/built';

/** Where `npm run image` puts the image of the embedded model, and its bill of materials. */
export const NANO_ARCHIVE = path.join(REPOSITORY, 'artifacts/image/whisper-stt-nano.tar');
export const NANO_SBOM = path.join(REPOSITORY, 'artifacts/image/whisper-stt-nano.cdx.json');

/** Configuration of an image, as OCI has it. */
export interface ImageConfig {
  readonly architecture: string;
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
    readonly WorkingDir: string;
    readonly Labels: Readonly<Record<string, string>>;
    readonly StopSignal: string;
    readonly ExposedPorts: Readonly<Record<string, unknown>>;
  };
}

/** `sha256:…` of the image's manifest: what a registry will call it. */
export function imageDigest(archive: string): string {
  const index = execFileSync('tar', ['-xOf', archive, 'index.json'], { encoding: 'utf8' });
  return (JSON.parse(index) as { manifests: [{ digest: string }] }).manifests[0].digest;
}

/** An image on disk as a runtime sees it; for root, with the owners of its files. */
export class UnpackedImage {
  static of(archive: string): UnpackedImage {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'image-'));
    execFileSync(path.join(REPOSITORY, 'service/image/unpack.sh'), [archive, folder]);
    return new UnpackedImage(folder);
  }

  readonly config: ImageConfig;

  private constructor(private readonly folder: string) {
    this.config = JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8')) as ImageConfig;
  }

  get root(): string {
    return path.join(this.folder, 'rootfs');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
