import type { Config, ConfigError } from '../../config';
import { KEEP_ALIVE_TIMEOUT_MS } from '../../http/connections/connections';
import {
  judgeCpuFeatures,
  judgeCpuPinning,
  judgeCpuQuota,
  judgeCpuSiblings,
  judgeCpuThrottling,
  judgeThreadVariables,
} from './checks/cpu-checks';
import { judgeHugePages, judgeMemory } from './checks/memory-checks';
import { judgeChecksums, judgeDevice, judgeModel, judgeModelLoad, judgeVoiceActivity } from './checks/model-checks';
import { judgeApiKeys, judgeDrain, judgeKeepAlive, judgePort } from './checks/network-checks';
import {
  judgeClock,
  judgeConfiguration,
  judgeFilesystem,
  judgeNodeVersion,
  judgeOpenFiles,
  judgePlatform,
} from './checks/process-checks';
import { skipped, type Finding } from './finding';
import type { MachineFacts } from './machine-facts';
import type { ServerFacts } from './server-facts';

/** Everything that was gathered before anything is judged. */
export interface Facts {
  readonly machine: MachineFacts;
  readonly config: Config | ConfigError;
  /** Undefined where the configuration is at fault. */
  readonly server: ServerFacts | undefined;
  /** Of the pod, as the caller told it. */
  readonly gracePeriodSeconds: number | undefined;
}

interface Check {
  /** Stable: scripts find a check by it (docs/cli.md). */
  readonly id: string;
  readonly judge: (facts: Facts) => Finding;
}

/** In the order in which they are printed. */
export const CHECKS: readonly Check[] = [
  { id: 'configuration', judge: ({ config }) => judgeConfiguration(config) },
  { id: 'node-version', judge: ({ machine }) => judgeNodeVersion(machine) },
  { id: 'platform', judge: ({ machine }) => judgePlatform(machine) },
  { id: 'cpu-quota', judge: ({ machine }) => judgeCpuQuota(machine) },
  { id: 'cpu-throttling', judge: ({ machine }) => judgeCpuThrottling(machine) },
  { id: 'cpu-pinning', judge: ({ machine }) => judgeCpuPinning(machine) },
  { id: 'cpu-siblings', judge: ({ machine }) => judgeCpuSiblings(machine) },
  { id: 'cpu-features', judge: withServer(({ config }, { machine }) => judgeCpuFeatures(machine, config)) },
  { id: 'thread-variables', judge: withServer(({ config }, { machine }) => judgeThreadVariables(machine, config)) },
  {
    id: 'memory',
    judge: withServer(({ config, model }, { machine }) =>
      judgeMemory(machine, config, 'value' in model ? model.value.weightBytes : undefined),
    ),
  },
  { id: 'huge-pages', judge: ({ machine }) => judgeHugePages(machine) },
  { id: 'device', judge: withServer(({ config }) => judgeDevice(config)) },
  { id: 'model', judge: withServer(judgeModel) },
  { id: 'model-checksums', judge: withServer(judgeChecksums) },
  { id: 'model-load', judge: withServer(judgeModelLoad) },
  { id: 'voice-activity', judge: withServer(judgeVoiceActivity) },
  { id: 'api-keys', judge: withServer(judgeApiKeys) },
  { id: 'port', judge: withServer(judgePort) },
  { id: 'keep-alive', judge: () => judgeKeepAlive(KEEP_ALIVE_TIMEOUT_MS) },
  { id: 'drain', judge: withServer(({ config }, { gracePeriodSeconds }) => judgeDrain(config, gracePeriodSeconds)) },
  { id: 'clock', judge: ({ machine }) => judgeClock(machine) },
  { id: 'open-files', judge: ({ machine }) => judgeOpenFiles(machine) },
  { id: 'filesystem', judge: ({ machine }) => judgeFilesystem(machine) },
];

/** A check that has nothing to go by where the configuration is at fault. */
function withServer(judge: (server: ServerFacts, facts: Facts) => Finding): Check['judge'] {
  return (facts) =>
    facts.server === undefined
      ? skipped('the configuration is at fault', 'a configuration without faults')
      : judge(facts.server, facts);
}
