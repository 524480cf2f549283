import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pinnedVersion, REPOSITORY } from '../control-plane';
import { CLAIMS } from './claims';
import { measurements, PROOF, proofMarkdown } from './proof';

/** After the last test: writes docs/proof.md, if this run has proved every claim and nothing has failed. */
export default function writeProof(): void {
  if (process.env.NODE_UNAVAILABLE) return;
  const failures = path.join(process.env.NODE_STATE!, 'failures');
  if (existsSync(failures)) {
    console.log(
      `\n${PROOF} is left as it is: failed in ${readFileSync(failures, 'utf8').trim().replaceAll('\n', ', ')}`,
    );
    return;
  }
  const measured = measurements();
  const missing = Object.keys(CLAIMS).filter((id) => !measured.has(id as keyof typeof CLAIMS));
  if (missing.length > 0) {
    console.log(`\n${PROOF} is left as it is: this run has not proved ${missing.join(', ')}`);
    return;
  }
  const versions = [
    `Kubernetes ${pinnedVersion()}`,
    `containerd ${execFileSync('containerd', ['--version'], { encoding: 'utf8' }).trim().split(' ').at(-1)!}`,
    execFileSync('runc', ['--version'], { encoding: 'utf8' }).split('\n')[0]!.replace(' version', ''),
    `Linux ${os.release()}`,
  ];
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(PROOF, proofMarkdown(measured, { date, versions }));
  const prettier = path.join(REPOSITORY, 'node_modules/prettier/bin/prettier.cjs');
  execFileSync(process.execPath, [prettier, '--log-level=warn', '--write', PROOF], { stdio: 'inherit' });
  console.log(`\n${PROOF} is written`);
}
