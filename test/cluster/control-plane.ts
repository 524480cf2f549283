import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Deployment } from './objects';

/** Folder of the project. */
export const REPOSITORY = path.join(__dirname, '../..');

/** @throws when a test is not run by with-cluster.sh */
function fact(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run the tests with \`npm run test:cluster\``);
  return value;
}

/** Release of the running control plane, for example `1.37.2`. */
export function clusterVersion(): string {
  return fact('CLUSTER_VERSION');
}

/** @param release for example `1.30` */
export function isAtLeast(version: string, release: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = release.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** What each pod of a deployment uses from now on, as metrics-server would report it. */
export interface PodUsage {
  /** `50m` for each pod; `total:8000m` is shared by all of them. */
  readonly cpu: string;
  /** Working set of each pod. */
  readonly memoryMebibytes: number;
}

/** Sets what fake-metrics answers. A line is appended, and the last line that matches wins: files can run at once. */
export function setUsage({ metadata }: Deployment, { cpu, memoryMebibytes }: PodUsage): void {
  const line = `${metadata.namespace}/${metadata.name}- ${cpu} ${memoryMebibytes}Mi\n`;
  appendFileSync(path.join(fact('CLUSTER_STATE'), 'usage'), line);
}

/** Counts and prints, when the run ends, what could not be tried on this control plane. */
export function leaveOut(what: string, reason: string): void {
  appendFileSync(path.join(fact('CLUSTER_STATE'), 'left-out'), `${what}: ${reason}\n`);
}

/** Release that go.mod pins: what `npm run test:cluster` runs. */
export function pinnedVersion(): string {
  return /k8s\.io\/kubernetes v([\d.]+)/.exec(readFileSync(path.join(__dirname, 'go.mod'), 'utf8'))![1]!;
}
