import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { COMPILED, PEERS, type PeerDefinition } from './peers';
import { writeRecordings } from './recordings';

/** From the compiled benchmark, the repository's own folder. */
export const REPOSITORY = path.resolve(__dirname, '../../../..');
const SOURCES = path.join(REPOSITORY, 'service/bench/peers');
const CLI = path.join(REPOSITORY, 'service/bin/whisper-stt.js');
const COMPILER = path.join(REPOSITORY, 'build/service/src/compiler');
/** Which files there are, and of which format. */
const LAYOUT = path.join(REPOSITORY, 'build/service/src/engine/model-directory.js');

/** Of a Hugging Face folder, what weights are made from. */
const MODEL_FILES = ['config.json', 'model.safetensors'];

/** Why a peer cannot be measured here. */
export type Missing = ReadonlyMap<PeerDefinition['id'], string>;

/**
 * What the benchmark needs beside the repository: the peers' packages, one model's weights in the format of each, and
 * recordings. It is made when it is missing or when what it is made from has changed, and never enters the project's own
 * dependencies.
 */
export class BenchCache {
  readonly python: string;
  readonly nodeModules: string;
  readonly audioFolder: string;
  readonly weights: string;
  private readonly missing = new Map<string, string>();

  /**
   * @param folder where it is kept; about 6 GB, most of them PyTorch
   * @param source a Hugging Face folder of a multilingual Whisper model; random weights of Whisper tiny's shapes without
   */
  constructor(
    private readonly folder: string,
    private readonly source?: string,
  ) {
    this.python = path.join(folder, 'venv/bin/python');
    this.nodeModules = path.join(folder, 'npm/node_modules');
    this.audioFolder = path.join(folder, 'audio');
    this.weights = path.join(folder, 'weights', source === undefined ? 'random' : path.basename(source));
  }

  static defaultFolder(): string {
    return process.env.WHISPER_STT_BENCH_CACHE ?? path.join(os.homedir(), '.cache/whisper-stt-bench');
  }

  /** The model of a peer. */
  model(peer: PeerDefinition): string {
    return path.join(this.weights, peer.model);
  }

  pythonDriver(name: string): readonly string[] {
    return [this.python, path.join(SOURCES, 'python/driver.py'), name];
  }

  nodeDriver(name: string): readonly string[] {
    return [process.execPath, path.join(__dirname, 'drivers', `${name}.js`)];
  }

  /**
   * @returns the peers that cannot be had here, with the reason
   * @throws where nothing can be measured: all weights are made by Python
   */
  async setUp(say: (what: string) => void): Promise<Missing> {
    mkdirSync(this.folder, { recursive: true });
    await this.once('venv', [path.join(SOURCES, 'python/requirements.txt')], async () => {
      say("installing the peers from PyPI (PyTorch's 3 GB among them)");
      rmSync(path.join(this.folder, 'venv'), { recursive: true, force: true });
      await this.run('python3', ['-m', 'venv', path.join(this.folder, 'venv')]);
      await this.pip('requirements.txt');
    });
    await this.orMissing(
      ['whisper-cpp'],
      'whisper.cpp',
      [path.join(SOURCES, 'python/requirements-native.txt')],
      async () => {
        say('compiling whisper.cpp for this processor');
        // Its wheel has no place for shared libraries beside the module; an old build of it would not be made anew.
        await this.pip('requirements-native.txt', ['--no-cache-dir', '--force-reinstall', '--no-deps'], {
          CMAKE_ARGS: '-DGGML_NATIVE=ON -DBUILD_SHARED_LIBS=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON',
        });
      },
    );
    const ofNode = PEERS.filter(({ kind }) => kind === 'node').map(({ id }) => id);
    await this.orMissing(ofNode, 'npm', [path.join(SOURCES, 'node/package.json')], async () => {
      say('installing the peers from npm');
      const target = path.join(this.folder, 'npm');
      mkdirSync(target, { recursive: true });
      cpSync(path.join(SOURCES, 'node/package.json'), path.join(target, 'package.json'));
      await this.run('npm', ['install', '--prefix', target, '--ignore-scripts', '--no-audit', '--no-fund']);
    });
    const scripts = path.join(SOURCES, 'weights');
    const { source } = this;
    const ofSource = source === undefined ? [] : MODEL_FILES.map((name) => path.join(source, name));
    const stamp = `weights-${path.basename(this.weights)}`;
    await this.once(stamp, [...readdirSync(scripts).map((name) => path.join(scripts, name)), ...ofSource], async () => {
      say('making weights in the format of each peer');
      // What was compiled from the old ones goes with them.
      rmSync(this.stampOf(this.compiledStamp), { force: true });
      await this.run(this.python, [
        path.join(scripts, 'make_weights.py'),
        this.weights,
        ...(source === undefined ? [] : [path.resolve(source)]),
      ]);
    });
    await this.compileModel(say);
    await writeRecordings(this.audioFolder);
    return this.missing;
  }

  private async compileModel(say: (what: string) => void): Promise<void> {
    const compiled = PEERS.filter(({ model }) => model === COMPILED);
    const compiler = readdirSync(COMPILER, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.js'),
    );
    const madeFrom = [...compiler.map((name) => path.join(COMPILER, name)), LAYOUT];
    await this.orMissing(
      compiled.map(({ id }) => id),
      this.compiledStamp,
      madeFrom,
      async () => {
        say('compiling the model for this server');
        const target = path.join(this.weights, COMPILED);
        rmSync(target, { recursive: true, force: true });
        await this.run(process.execPath, [CLI, 'compile-model', path.join(this.weights, 'model'), target]);
      },
    );
  }

  private pip(requirements: string, options: readonly string[] = [], environment = {}): Promise<void> {
    const file = path.join(SOURCES, 'python', requirements);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...options, '--requirement', file];
    return this.run(this.python, pip, environment);
  }

  /** A step whose failure costs these peers alone. */
  private async orMissing(
    ids: readonly string[],
    name: string,
    madeFrom: readonly string[],
    make: () => Promise<void>,
  ): Promise<void> {
    try {
      await this.once(name, madeFrom, make);
    } catch (error) {
      for (const id of ids) this.missing.set(id, (error as Error).message);
    }
  }

  /** Does a step unless it has been done from just these files. */
  private async once(name: string, madeFrom: readonly string[], make: () => Promise<void>): Promise<void> {
    const hash = createHash('sha256');
    for (const file of [...madeFrom].sort()) if (!file.endsWith('__pycache__')) hash.update(readFileSync(file));
    const digest = hash.digest('hex');
    const stamp = this.stampOf(name);
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
    rmSync(stamp, { force: true });
    await make();
    writeFileSync(stamp, digest);
  }

  /** Says what a step was done from. */
  private stampOf(step: string): string {
    return path.join(this.folder, `${step}.made-from`);
  }

  private get compiledStamp(): string {
    return `compiled-${path.basename(this.weights)}`;
  }

  /** @throws with the command's last words; all of them are in setup.log */
  private run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<void> {
    const log = createWriteStream(path.join(this.folder, 'setup.log'), { flags: 'a' });
    return new Promise((resolve, reject) => {
      const child = execFile(
        command,
        args,
        { env: { ...process.env, ...environment }, maxBuffer: 2 ** 28 },
        (error, stdout, stderr) => {
          log.end();
          if (error === null) {
            resolve();
            return;
          }
          const words = `${stdout}\n${stderr}`.trim().split('\n').at(-1) ?? '';
          reject(new Error(`${path.basename(command)} ${args.slice(0, 3).join(' ')}: ${words || error.message}`));
        },
      );
      child.stdout?.pipe(log, { end: false });
      child.stderr?.pipe(log, { end: false });
    });
  }
}
