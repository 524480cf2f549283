import { AudioError } from '../audio-error';
import type { AudioStream } from '../audio-stream';
import { trimmed } from '../audio-stream';
import { decodePackets } from './decode-packets';
import { PacketDecoder } from './packet-decoder';
import type { ContainerName } from '../decoded-audio';
import { assertSampleRate } from '../sample-rate';

/** Fields of the identification header (Vorbis I specification, 4.2.2). */
const HEADER_BYTES = 30;
const CHANNELS_AT = 11;
const SAMPLE_RATE_AT = 12;

/** More has no order of channels in Vorbis, and no use for speech. */
const MAX_CHANNELS = 8;

/**
 * Vorbis. What a damaged packet held is lost, and the time it took with it: its length depends on its neighbours.
 *
 * @param identification first header
 * @param setup third header
 * @param keep frames of the signal, if the container states it
 * @throws AudioError `audio_corrupt` for headers that cannot be, `unsupported_format` for more than eight channels
 */
export function openVorbis(
  container: ContainerName,
  identification: Uint8Array,
  setup: Uint8Array,
  packets: () => Iterable<Uint8Array>,
  keep?: () => number | undefined,
): AudioStream {
  const channels = identification[CHANNELS_AT] ?? 0;
  if (channels > MAX_CHANNELS) {
    throw new AudioError(
      'unsupported_format',
      `Got Vorbis with ${channels} channels; at most ${MAX_CHANNELS} are decoded. Mix it down.`,
    );
  }
  const decoder =
    identification.length < HEADER_BYTES
      ? undefined
      : PacketDecoder.open('vorbis', Buffer.concat([identification.subarray(0, HEADER_BYTES), setup]));
  if (!decoder) {
    throw new AudioError(
      'audio_corrupt',
      `The Vorbis headers (${identification.length} and ${setup.length} bytes) cannot be. ` +
        'Check that the file was uploaded whole.',
    );
  }
  const view = new DataView(identification.buffer, identification.byteOffset, identification.length);
  const sampleRateHz = view.getUint32(SAMPLE_RATE_AT, true);
  assertSampleRate(sampleRateHz);
  const source = { codec: 'vorbis', channels, sampleRateHz } as const;
  return {
    source: { container, encoding: 'vorbis', sampleRateHz, channels },
    blocks: () => trimmed(decodePackets(sized(packets()), decoder, source), 0, keep?.()),
  };
}

function* sized(packets: Iterable<Uint8Array>): Generator<{ bytes: Uint8Array; frames: 0 }, void, undefined> {
  for (const bytes of packets) yield { bytes, frames: 0 };
}
