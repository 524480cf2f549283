import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { IMAGE_MODEL_STORE } from '../../lib/contract';
import { REPOSITORY } from '../support/built';
import { describeUnless } from '../support/describe-unless';
import { imageDigest, NANO_ARCHIVE, NANO_SBOM, UnpackedImage } from './image-archive';

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly object[];
}

describeUnless(process.env.IMAGE_UNAVAILABLE, 'the image', () => {
  let image: UnpackedImage;
  let files: readonly string[];
  beforeAll(() => {
    image = UnpackedImage.of(NANO_ARCHIVE);
    files = (readdirSync(image.root, { recursive: true }) as string[]).map((file) => `/${file}`);
  });
  afterAll(() => {
    image.remove();
  });

  test('is the same, to the digest, when it is built again', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'again-'));
    const again = path.join(folder, 'again.tar');
    execFileSync(path.join(REPOSITORY, 'service/image/build.sh'), [again], { stdio: 'inherit' });

    expect(imageDigest(again)).toBe(imageDigest(NANO_ARCHIVE));
    console.log(`built twice: ${imageDigest(again)}`);
    rmSync(folder, { recursive: true });
  }, 600_000);

  test('runs the server as a numeric user, and stops it by SIGTERM', () => {
    expect(image.config.config).toMatchObject({
      User: '10001:10001',
      Entrypoint: ['/usr/local/bin/node', '/app/service/bin/whisper-stt.js'],
      Cmd: ['serve'],
      StopSignal: 'SIGTERM',
      ExposedPorts: { '8000/tcp': {} },
    });
    expect(image.config.config.Env).toEqual(
      expect.arrayContaining([`STT_MODEL_STORE=${IMAGE_MODEL_STORE}`, 'STT_MODEL=nano', 'NODE_ENV=production']),
    );
  });

  test('says what it is in OCI labels', () => {
    const { version } = JSON.parse(readFileSync(path.join(REPOSITORY, 'service/package.json'), 'utf8')) as {
      version: string;
    };
    expect(image.config.config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'whisper-stt',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    });
  });

  test('holds no shell and no package manager', () => {
    const programs = files.filter((file) => /\/s?bin\/[^/]+$/.test(file) && !file.startsWith('/app/'));
    expect(programs).toEqual(['/usr/local/bin/node']);
  });

  test('holds Node 24', () => {
    const node = path.join(image.root, 'usr/local/bin/node');
    expect(execFileSync(node, ['--version'], { encoding: 'utf8' })).toMatch(/^v24\./);
  });

  test('holds the ONNX Runtime of its platform alone, and neither transformers.js nor development packages', () => {
    const runtimes = files.filter((file) => /onnxruntime[^/]*\.(so|dylib|dll|node)(\.\d+)*$/.test(file));
    expect(runtimes.map((file) => file.split('/').slice(-3, -1).join('/'))).toEqual(['linux/x64', 'linux/x64']);
    const packages =
      /node_modules\/(@xenova|@huggingface\/transformers|@img|sharp|onnxruntime-web|typescript|jest|@types|npm)(\/|$)/;
    expect(files.filter((file) => packages.test(file))).toEqual([]);
  });

  test('holds no source, no test, no sample', () => {
    expect(files.filter((file) => /\.tsx?$|\.map$|\.wav$|\/test\//.test(file))).toEqual([]);
  });

  test('lets nobody but root change a file', () => {
    // Debian's own folders below /var may belong to a group; everything that is run or read is root's.
    const places = ['app', 'models', 'usr', 'lib', 'bin', 'etc'].map((folder) => path.join(image.root, folder));
    const found = execFileSync(
      'find',
      [...places, '(', '-perm', '/022', '-o', '-perm', '/6000', ')', '!', '-type', 'l'],
      {
        encoding: 'utf8',
      },
    );
    expect(found).toBe('');
  });

  describe('bill of materials', () => {
    let components: readonly Component[];
    beforeAll(() => {
      ({ components } = JSON.parse(readFileSync(NANO_SBOM, 'utf8')) as { components: readonly Component[] });
    });
    const named = (prefix: string): string[] =>
      components.filter(({ purl }) => purl.startsWith(prefix)).map(({ name, version }) => `${name}@${version}`);

    test('lists every Debian package', () => {
      const folder = path.join(image.root, 'var/lib/dpkg/status.d');
      const installed = readdirSync(folder).map((name) => {
        const version = /^Version: (.*)$/m.exec(readFileSync(path.join(folder, name), 'utf8'))![1]!;
        return `${name}@${version}`;
      });
      expect(named('pkg:deb/').sort()).toEqual(installed.sort());
      expect(installed.map((each) => each.split('@')[0])).toEqual(expect.arrayContaining(['libc6', 'libstdc++6']));
    });

    test('lists every npm package', () => {
      const manifests = files.filter((file) => /\/node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/.test(file));
      const installed = manifests.map((file) => {
        const { name, version } = JSON.parse(readFileSync(path.join(image.root, file), 'utf8')) as Component;
        return `${name}@${version}`;
      });
      // One version may be installed at several places.
      expect([...new Set(named('pkg:npm/'))].sort()).toEqual([...new Set(installed)].sort());
      expect(installed).toEqual(expect.arrayContaining(['onnxruntime-node@1.30.0']));
    });

    test('names the licences of each', () => {
      expect(components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([]);
    });
  });
});
