import { parseArgs } from 'node:util';
import { EXIT_CODES } from '../../../../lib/contract';
import { ConfigError, readConfig, type Config } from '../../config';
import { numberOption } from '../usage-error';
import { CHECKS } from './checks';
import { readMachineFacts } from './machine-facts';
import { reportOf, reportText } from './report';
import { readServerFacts } from './server-facts';

export const DOCTOR_USAGE = `Usage: whisper-stt doctor [OPTIONS]

Looks at the environment, the machine and the model as the server would, and says what is wrong and what to do. It does
not start the server; beside one that runs already it leaves the model alone.

  --json             print one JSON document (docs/cli.md)
  --strict           a warning fails, too
  --no-load          do not load the model
  --grace-period S   the pod's terminationGracePeriodSeconds, which it cannot see
  --help, -h         print this

Exit codes: 0 nothing fails, 1 something does, 2 wrong usage.`;

/** As node:util's parseArgs takes them. */
export const DOCTOR_OPTIONS = {
  json: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  'no-load': { type: 'boolean', default: false },
  'grace-period': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** A day: more than anyone waits. */
const MAX_GRACE_PERIOD_SECONDS = 86_400;

/**
 * @returns the exit code
 * @throws UsageError
 */
export async function doctor(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: DOCTOR_OPTIONS });
  if (values.help) {
    console.log(DOCTOR_USAGE);
    return EXIT_CODES.ok;
  }
  const gracePeriodSeconds = numberOption('grace-period', values['grace-period'], {
    min: 0,
    max: MAX_GRACE_PERIOD_SECONDS,
    whole: true,
  });
  const config = configOrFaults(environment);
  const machine = await readMachineFacts(environment);
  const server = config instanceof ConfigError ? undefined : await readServerFacts(config, !values['no-load']);
  const facts = { machine, config, server, gracePeriodSeconds };
  const report = reportOf(CHECKS.map(({ id, judge }) => ({ id, ...judge(facts) })));
  console.log(values.json ? JSON.stringify(report, null, 2) : reportText(report));
  return report.status === 'failure' || (values.strict && report.status === 'warning') ? 1 : EXIT_CODES.ok;
}

function configOrFaults(environment: NodeJS.ProcessEnv): Config | ConfigError {
  try {
    return readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}
