import { extraRequestMebibytes, MODEL_MEMORY_ESTIMATE, MODEL_MEMORY_MEBIBYTES } from '../../../../../lib/contract';
import type { Config } from '../../../config';
import { failure, ok, warning, type Finding } from '../finding';
import type { MachineFacts } from '../machine-facts';

const MEBIBYTE = 2 ** 20;

/** What the server takes at its peak: weights, two processes, windows, and the requests that it holds at once. */
interface MemoryNeed {
  readonly mebibytes: number;
  /** Whether it stands in the contract's table; otherwise it follows from the size of the weights. */
  readonly isKnown: boolean;
}

/** @param weightBytes undefined where the model was not found */
export function memoryNeed(config: Config, weightBytes: number | undefined): MemoryNeed | undefined {
  // tiny.en has tiny's shapes; a folder may be whisper-tiny, or an organisation's.
  const size = config.model
    .replace(/^.*\//, '')
    .replace(/^whisper-/, '')
    .replace(/\.en$/, '');
  const known = Object.entries(MODEL_MEMORY_MEBIBYTES).find(([name]) => name === size)?.[1][config.quantization];
  if (known === undefined && weightBytes === undefined) return undefined;
  const { fixedMebibytes, perByteOfWeights } = MODEL_MEMORY_ESTIMATE;
  const model = known ?? fixedMebibytes + Math.ceil((perByteOfWeights * (weightBytes ?? 0)) / MEBIBYTE);
  return { mebibytes: model + extraRequestMebibytes(config), isKnown: known !== undefined };
}

/** The kernel ends what goes beyond its limit, and every request in it. */
export function judgeMemory(machine: MachineFacts, config: Config, weightBytes: number | undefined): Finding {
  const need = memoryNeed(config, weightBytes);
  const limitBytes = machine.limits.memoryBytes;
  // A pod with a limit as the construct sets it has requested as much: the scheduler keeps it free.
  const isReserved = machine.inPod && limitBytes !== undefined;
  const availableBytes = isReserved ? undefined : machine.availableMemoryBytes;
  const found = [
    limitBytes === undefined ? 'no limit' : `limit ${mebibytes(limitBytes)}`,
    ...(availableBytes === undefined ? [] : [`${mebibytes(availableBytes)} of the machine are free`]),
  ].join(', ');
  if (need === undefined) return ok(found, 'unknown without the model');
  const wanted = `${need.mebibytes} MiB for ${config.model} ${config.quantization}${need.isKnown ? '' : ' (an estimate from its weights)'}`;
  const least = Math.min(limitBytes ?? Infinity, availableBytes ?? Infinity);
  if (least < need.mebibytes * MEBIBYTE) {
    const raise =
      'Raise the memory limit, take a smaller model, or lower STT_MAX_AUDIO_SECONDS and STT_MAX_BODY_BYTES if they were raised.';
    // What is free now may not be what is free then, and an estimate may be wrong.
    const isCertain = need.isKnown && limitBytes !== undefined && limitBytes < need.mebibytes * MEBIBYTE;
    return isCertain ? failure(found, wanted, raise) : warning(found, wanted, raise);
  }
  if (machine.inPod && limitBytes === undefined) {
    return warning(found, wanted, 'Set a memory limit equal to the request: without, the pod is not Guaranteed.');
  }
  return ok(found, wanted);
}

/** From glibc 2.35 on malloc asks for huge pages when it is told to (glibc.malloc.hugetlb). */
const GLIBC_MINOR_WITH_HUGE_PAGES = 35;

/** A decoding step reads all weights; with pages of 4 KiB address translation takes much of it (docs/configuration.md). */
export function judgeHugePages({ hugePages, glibcVersion }: MachineFacts): Finding {
  const wanted = 'madvise or always in /sys/kernel/mm/transparent_hugepage/enabled';
  const slower = 'decoding takes up to twice as long with weights of tiny';
  if (hugePages === undefined || hugePages === 'never') {
    return warning(
      hugePages ?? 'no transparent huge pages in this kernel',
      wanted,
      `Without, ${slower}: on the node, echo madvise > /sys/kernel/mm/transparent_hugepage/enabled.`,
    );
  }
  if (hugePages === 'madvise' && !asksForHugePages(glibcVersion)) {
    return warning(
      `madvise, and ${glibcVersion === undefined ? 'another C library than GNU' : `glibc ${glibcVersion}`}`,
      wanted,
      `With madvise only malloc of glibc 2.${GLIBC_MINOR_WITH_HUGE_PAGES} or later asks for them; without, ${slower}. Use an image with it, such as Debian 12.`,
    );
  }
  return ok(hugePages, wanted);
}

/** glibc has been 2.x since 1997. */
function asksForHugePages(glibcVersion: string | undefined): boolean {
  return glibcVersion !== undefined && Number(glibcVersion.split('.')[1]) >= GLIBC_MINOR_WITH_HUGE_PAGES;
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / MEBIBYTE)} MiB`;
}
