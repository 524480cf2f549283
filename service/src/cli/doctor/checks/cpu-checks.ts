import { usableCpus } from '../../../engine/cgroup';
import type { Config } from '../../../config';
import { ok, warning, type Finding } from '../finding';
import type { MachineFacts } from '../machine-facts';

const PIN = 'Give whole CPUs with equal requests and limits, on a node whose kubelet has --cpu-manager-policy=static';

/** Threads follow whole CPUs: the rest of a fraction is paid for and idle. */
export function judgeCpuQuota({ limits }: MachineFacts): Finding {
  const { cpuQuota, affinityCpus } = limits;
  const wanted = 'a whole number of CPUs, no fewer than the process may run on; or no quota on CPUs of its own';
  if (cpuQuota === undefined) return ok(`no quota, ${countOf(affinityCpus)} by affinity`, wanted);
  const found = `${Number(cpuQuota.toFixed(3))} CPUs by quota, ${affinityCpus} by affinity`;
  if (cpuQuota < 1) {
    return warning(
      found,
      wanted,
      'The one inference thread is stopped for a part of every period, and probes with it: give at least 1 CPU.',
    );
  }
  if (!Number.isInteger(cpuQuota)) {
    const threads = usableCpus(limits);
    return warning(found, wanted, `${countOf(threads, 'thread')} will run, and the rest idles: give a whole number.`);
  }
  if (cpuQuota > affinityCpus) {
    return warning(found, wanted, 'The quota cannot be used up: lower it, or let the process run on more CPUs.');
  }
  if (cpuQuota < affinityCpus) {
    return warning(
      found,
      wanted,
      `The kernel moves ${countOf(cpuQuota, 'thread')} over ${affinityCpus} CPUs and stops them when the quota is used up. ${PIN}.`,
    );
  }
  return ok(found, wanted);
}

/** An answer that is stopped once in twenty periods is late by a few of them: tens of milliseconds. */
const MAX_THROTTLED_SHARE = 0.05;

/** What the quota has done to whatever runs in this group: in a pod, to the server. */
export function judgeCpuThrottling({ throttling }: MachineFacts): Finding {
  const wanted = `the quota runs out in no more than ${MAX_THROTTLED_SHARE * 100} % of the periods`;
  if (throttling === undefined) return ok('no quota', wanted);
  const { periods, throttled } = throttling;
  const share = throttled / periods;
  const found = `in ${throttled} of ${periods} periods (${(share * 100).toFixed(1)} %)`;
  if (share <= MAX_THROTTLED_SHARE) return ok(found, wanted);
  return warning(
    found,
    wanted,
    `All threads were stopped until the next period, probes among them: give more CPUs, or CPUs of its own. ${PIN}.`,
  );
}

/** The kubelet's static CPU manager takes CPUs from everybody else; in the kernel that shows as a narrower affinity. */
export function judgeCpuPinning({ inPod, cpus: { allowed, online, isExclusive } }: MachineFacts): Finding {
  const wanted = 'CPUs that no other container may use';
  if (allowed.length === 0 || online.length === 0) return ok('unknown: this kernel does not say', wanted);
  const flag = isExclusive === undefined ? '' : `, cpuset ${isExclusive ? '' : 'not '}exclusive`;
  const found = `CPUs ${listOf(allowed)} of ${listOf(online)}${flag}`;
  if (allowed.length < online.length) return ok(found, wanted);
  // A machine of one's own needs no pinning, and a node with no other CPU cannot.
  if (!inPod) return ok(`${found}: all of this machine`, wanted);
  return warning(
    found,
    wanted,
    `Every container of the node shares these CPUs. ${PIN}; with the construct that is the default.`,
  );
}

/** Two threads of one core share its arithmetic units: for matrix products they are worth little more than one. */
export function judgeCpuSiblings({ limits, cpus }: MachineFacts): Finding {
  const threads = usableCpus(limits);
  const wanted = `${countOf(threads, 'physical core')} for ${countOf(threads, 'inference thread')}, shared with nobody`;
  const known = cpus.siblings.filter((siblings) => siblings.length > 0);
  if (known.length === 0) return ok('unknown: this kernel does not say', wanted);
  const cores = new Set(known.map((siblings) => siblings.join())).size;
  const strangers = [...new Set(known.flat())].filter((cpu) => !cpus.allowed.includes(cpu)).sort((a, b) => a - b);
  const found = `CPUs ${listOf(cpus.allowed)} on ${countOf(cores, 'physical core')}`;
  const full = "Set the kubelet's static policy option full-pcpus-only, and give CPUs in multiples of a core's threads";
  if (cores < threads) {
    return warning(
      found,
      wanted,
      `Threads of one core get in each other's way. ${full}; count on ${countOf(cores, 'core')} for capacity.`,
    );
  }
  if (strangers.length > 0) {
    return warning(
      `${found}; the other threads of these cores, CPUs ${listOf(strangers)}, belong to others`,
      wanted,
      `Neighbours slow it down through the shared core. ${full}.`,
    );
  }
  return ok(found, wanted);
}

/** Instructions that multiply bytes by the dozen, by architecture and in the kernel's names. */
const INT8_FEATURES: Readonly<Record<string, readonly string[]>> = {
  x64: ['avx512_vnni', 'avx_vnni', 'amx_int8'],
  arm64: ['asimddp', 'i8mm'],
};
/** Those for ordinary numbers; every 64-bit ARM has them. */
const FP32_FEATURES: Readonly<Record<string, readonly string[]>> = { x64: ['avx512f', 'avx2'] };

/** int8 pays where the CPU has dot products of bytes; elsewhere ONNX Runtime widens them first. */
export function judgeCpuFeatures({ platform, cpus }: MachineFacts, { quantization }: Config): Finding {
  const architecture = platform.split('-')[1] ?? '';
  const useful = (quantization === 'int8' ? INT8_FEATURES : FP32_FEATURES)[architecture];
  const wanted = useful
    ? `one of ${useful.join(', ')} (for ${quantization})`
    : `none in particular (for ${quantization})`;
  if (useful === undefined) return ok(`none looked for on ${architecture}`, wanted);
  if (cpus.features.size === 0) return ok('unknown: this kernel does not say', wanted);
  const found = useful.filter((feature) => cpus.features.has(feature));
  if (found.length > 0) return ok(found.join(', '), wanted);
  return warning(
    'none of them',
    wanted,
    quantization === 'int8'
      ? 'It works, slower. Choose nodes whose CPUs have them (Intel from Cascade Lake, AMD from Zen 4 on), or compare with STT_QUANTIZATION=fp32.'
      : 'It works, several times slower. Choose nodes with newer CPUs.',
  );
}

/** ONNX Runtime reads neither; whoever wrote them meant something that is not so. */
export function judgeThreadVariables({ limits }: MachineFacts, { statedThreads }: Config): Finding {
  const threads = usableCpus(limits);
  const wanted = `${threads}, the whole CPUs of quota and affinity, or not set`;
  const stated = Object.entries(statedThreads);
  const found = stated.map(([name, count]) => `${name}=${count}`).join(', ') || 'not set';
  const wrong = stated.filter(([, count]) => count !== threads).map(([name]) => name);
  if (wrong.length === 0) return ok(found, wanted);
  return warning(
    found,
    wanted,
    `The server runs ${countOf(threads, 'inference thread')} whatever they say: correct ${wrong.join(' and ')}, or the CPUs.`,
  );
}

function countOf(count: number, noun = 'CPU'): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** As the kernel writes it: `0-2,5`. */
function listOf(cpus: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const cpu of cpus) {
    const range = ranges.at(-1);
    if (range && cpu === range[1] + 1) range[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}
