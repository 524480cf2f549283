import { readFileSync } from 'node:fs';

/**
 * Memory of a process's children: their own, and their part of what they share (PSS).
 *
 * @returns 0 without children
 */
export function proportionalBytesOfChildren(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.map(proportionalBytes).reduce((sum, bytes) => sum + bytes, 0);
}

/** 0 of a process that is gone. */
function proportionalBytes(pid: string): number {
  try {
    const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
