import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../lib/cli/run';

const ROOT = join(__dirname, '../../..');

describe('cdk8s-whisper-stt', () => {
  const folder = mkdtempSync(join(tmpdir(), 'explain-'));
  const printed: string[] = [];
  const complained: string[] = [];
  const invoke = (...args: string[]): number =>
    run(args, { print: (text) => printed.push(text), complain: (text) => complained.push(text) });

  const write = (file: string, ...kinds: string[]): void => {
    const documents = kinds.map((kind) => `kind: ${kind}\nmetadata: { name: x }\n`);
    writeFileSync(join(folder, file), documents.join('---\n'));
  };

  beforeEach(() => {
    printed.length = 0;
    complained.length = 0;
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('explains a folder that cdk8s wrote', () => {
    expect(invoke('explain', join(ROOT, 'dist'))).toBe(0);
    expect(printed[0]).toContain('Worst case of Deployment stt-service');
    expect(complained).toEqual([]);
  });

  test('knows every object of the apps of this repository', () => {
    invoke('explain', join(ROOT, 'dist'));

    const foreign = printed[0]!.split('\n').filter((line) => line.includes('not by a WhisperSttService'));
    expect(foreign.map((line) => line.split(' ')[0])).toEqual(['PriorityClass']);
  });

  test('reads one file, and all files of a folder and its subfolders in the order of their names', () => {
    mkdirSync(join(folder, 'm'));
    write('z.yml', 'Zebra');
    write('a.yaml', 'Ant', 'Ape');
    write('m/m.k8s.yaml', 'Mole');
    write('notes.txt', 'Note');
    writeFileSync(join(folder, 'b.yaml'), '---\n---\njust: data\n---\nkind: Nameless\n');

    expect(invoke('explain', join(folder, 'a.yaml'))).toBe(0);
    expect(printed[0]!.match(/^(Ant|Ape|Mole|Zebra|Note|Nameless)/gm)).toEqual(['Ant', 'Ape']);
    expect(invoke('explain', folder)).toBe(0);
    expect(printed[1]!.match(/^(Ant|Ape|Mole|Zebra|Note|Nameless)/gm)).toEqual(['Ant', 'Ape', 'Mole', 'Zebra']);
  });

  test('says what to do when the folder is not there', () => {
    const missing = join(folder, 'missing');

    expect(invoke('explain', missing)).toBe(1);
    expect(complained).toEqual([
      `[path-missing] ${missing} does not exist. Run \`cdk8s synth\` first, or give the folder that it wrote.`,
    ]);
    expect(printed).toEqual([]);
  });

  test('says what to do when there is nothing to explain', () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);

    expect(invoke('explain', empty)).toBe(1);
    expect(complained[0]).toContain('[no-manifests]');
  });

  test('explains dist/ where no folder is given', () => {
    const before = process.cwd();
    process.chdir(ROOT);
    try {
      expect(invoke('explain')).toBe(0);
    } finally {
      process.chdir(before);
    }
  });

  test.each([[[]], [['explode']], [['explain', 'a', 'b']]])('%j is no way to use it', (args) => {
    expect(invoke(...args)).toBe(64);
    expect(complained[0]).toMatch(/^Usage: cdk8s-whisper-stt explain/);
  });

  test.each(['--help', '-h'])('%s prints how to use it', (flag) => {
    expect(invoke(flag)).toBe(0);
    expect(printed[0]).toMatch(/^Usage: /);
  });
});
