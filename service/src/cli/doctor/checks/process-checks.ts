import type { Config, ConfigError } from '../../../config';
import { connectionsFor } from '../../../http/connections/connection-limits';
import { failure, ok, warning, type Finding } from '../finding';
import type { MachineFacts } from '../machine-facts';

export function judgeConfiguration(config: Config | ConfigError): Finding {
  const wanted = 'an environment without faults (docs/configuration.md)';
  if (!('faults' in config)) return ok('no fault', wanted);
  return failure(config.faults.join('; '), wanted, 'Correct these variables.');
}

/** As package.json's `engines` has it. */
export const MINIMUM_NODE = [20, 19] as const;
/** The releases with long-term support that the tests run on. */
const TESTED_NODE = [20, 22, 24];

export function judgeNodeVersion({ nodeVersion }: MachineFacts): Finding {
  const [minimumMajor, minimumMinor] = MINIMUM_NODE;
  const wanted = `${MINIMUM_NODE.join('.')} or later of Node.js ${TESTED_NODE.join(', ')}`;
  const [major = 0, minor = 0] = nodeVersion.replace(/^v/, '').split('.').map(Number);
  if (major < minimumMajor || (major === minimumMajor && minor < minimumMinor)) {
    return failure(nodeVersion, wanted, 'Install a supported release; the image holds one.');
  }
  if (TESTED_NODE.includes(major)) return ok(nodeVersion, wanted);
  return warning(nodeVersion, wanted, 'Nobody has tested this one: take a release with long-term support.');
}

export function judgePlatform({ platform }: MachineFacts): Finding {
  const supported = ['linux-x64', 'linux-arm64'];
  const wanted = supported.join(' or ');
  if (supported.includes(platform)) return ok(platform, wanted);
  return warning(platform, wanted, 'Good for development: limits of CPUs and memory cannot be read here.');
}

/** Before this the software did not exist; a clock after that was never set either. */
const PLAUSIBLE_YEARS = { first: 2025, last: 2099 };
/** Between two looks the clocks may differ by what the scheduler does to a process. */
const MAX_STEP_MS = 1000;
/** Sources that a look at the clock leaves the CPU for: a microsecond each, thousands of times a second. */
const SLOW_CLOCKS = ['hpet', 'acpi_pm', 'jiffies'];

/** Deadlines go by the monotonic clock, logs and metrics by the day's. Nothing needs it exact. */
export function judgeClock({ clock: { now, wallMs, monotonicMs, source } }: MachineFacts): Finding {
  const { first, last } = PLAUSIBLE_YEARS;
  const wanted = `a year from ${first} to ${last}, a monotonic clock that goes forward, and the two in step`;
  const found = `${now.toISOString()}${source === undefined ? '' : `, from ${source}`}`;
  if (monotonicMs <= 0) {
    return failure(
      `${found}; the monotonic clock went ${monotonicMs.toFixed(1)} ms`,
      wanted,
      'No deadline can be kept on this machine.',
    );
  }
  const year = now.getUTCFullYear();
  if (year < first || year > last) {
    return warning(found, wanted, "Set the machine's clock: logs and traces would bear wrong times.");
  }
  if (Math.abs(wallMs - monotonicMs) > MAX_STEP_MS) {
    return warning(
      `${found}, which went ${wallMs} ms while ${Math.round(monotonicMs)} ms passed`,
      wanted,
      'Somebody sets the clock in steps: let NTP slew it, or times in logs will contradict each other.',
    );
  }
  if (source !== undefined && SLOW_CLOCKS.includes(source)) {
    return warning(found, wanted, 'This source is slow to read: see /sys/devices/system/clocksource for another one.');
  }
  return ok(found, wanted);
}

/** Each connection is an open file, and agents keep theirs: the server keeps as many as its limit of files allows. */
export function judgeOpenFiles({ openFiles }: MachineFacts): Finding {
  const most = connectionsFor(Infinity);
  const wanted = `room for ${most} connections, beside the server's own files`;
  if (openFiles === undefined) return ok('unknown: this kernel does not say', wanted);
  const connections = connectionsFor(openFiles);
  const found = `${openFiles === Infinity ? 'no limit' : openFiles}: ${connections} connections`;
  if (connections === most) return ok(found, wanted);
  return warning(
    found,
    wanted,
    'Idle connections beyond it are closed: raise it (ulimit -n, or the container runtime).',
  );
}

/** The server writes nothing, so that nothing need be writable. */
export function judgeFilesystem(machine: MachineFacts): Finding {
  const { inPod, rootIsReadOnly, temporaryFolder, temporaryIsWritable } = machine;
  const wanted = 'read-only at the root; nothing need be writable, not even for temporary files';
  const root = rootIsReadOnly === undefined ? 'unknown' : rootIsReadOnly ? 'read-only' : 'writable';
  const found = `/ is ${root}, ${temporaryFolder} ${temporaryIsWritable ? 'writable' : 'not writable'}`;
  if (inPod && rootIsReadOnly === false) {
    return warning(found, wanted, 'Set readOnlyRootFilesystem: true in the securityContext, as the construct does.');
  }
  return ok(found, wanted);
}
