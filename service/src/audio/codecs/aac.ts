import { AudioError } from '../audio-error';
import type { AudioStream, Stretch } from '../audio-stream';
import { trimmed } from '../audio-stream';
import type { Packet } from './decode-packets';
import { decodePackets } from './decode-packets';
import { PacketDecoder } from './packet-decoder';
import type { ContainerName } from '../decoded-audio';

/** Samples of each channel in a frame of AAC-LC. */
export const AAC_FRAMES = 1024;

/** Hz by index (ISO/IEC 14496-3, table 1.18). */
const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
] as const;
/** Index before a rate that is written out. */
const WRITTEN_OUT = 15;

/** Audio object types (table 1.17). */
const LOW_COMPLEXITY = 2;
const SPECTRAL_BAND_REPLICATION = 5;
const PARAMETRIC_STEREO = 29;
const OBJECT_TYPES: Readonly<Record<number, string>> = {
  1: 'AAC Main',
  3: 'AAC SSR',
  4: 'AAC LTP',
  23: 'AAC-LD',
  34: 'MP3 (in AAC signalling)',
  36: 'MPEG-4 ALS',
  39: 'AAC-ELD',
  42: 'xHE-AAC',
};

/** What of an AudioSpecificConfig matters to the decoding of its AAC-LC core. */
interface AacConfiguration {
  readonly objectType: number;
  readonly sampleRateHz: number;
  readonly channelConfiguration: number;
  readonly isShortFrame: boolean;
}

/**
 * AAC-LC, and HE-AAC without its upper band: the core alone holds what lies below half of its sample rate, mostly 11 or
 * 12 kHz, of which 16 kHz samples can carry 8.
 *
 * @param configuration an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1)
 * @throws AudioError `unsupported_format` for any other AAC or more than two channels, `audio_corrupt`
 */
export function openAac(
  container: ContainerName,
  configuration: Uint8Array,
  packets: () => Iterable<Packet>,
  stretch?: (sampleRateHz: number) => Stretch,
): AudioStream {
  const { objectType, sampleRateHz, channelConfiguration, isShortFrame } = readConfiguration(configuration);
  if (objectType !== LOW_COMPLEXITY || isShortFrame) {
    const name = OBJECT_TYPES[objectType] ?? (isShortFrame ? 'AAC of 960 samples a frame' : `type ${objectType}`);
    throw unsupported(name);
  }
  const channels = channelConfiguration;
  if (channels !== 1 && channels !== 2) throw unsupported(`channel configuration ${channels}`);
  const decoder = PacketDecoder.open('aac', lowComplexity(sampleRateHz, channels));
  if (!decoder) throw unsupported(`${sampleRateHz} Hz`);
  const { skip, keep } = stretch?.(sampleRateHz) ?? { skip: 0 };
  return {
    source: { container, encoding: 'aac', sampleRateHz, channels },
    blocks: () => trimmed(decodePackets(packets(), decoder, { codec: 'aac', channels, sampleRateHz }), skip, keep),
  };
}

function readConfiguration(bytes: Uint8Array): AacConfiguration {
  const bits = new BitReader(bytes);
  const first = readObjectType(bits);
  const sampleRateHz = readSampleRate(bits);
  const channelConfiguration = bits.read(4);
  const isExtended = first === SPECTRAL_BAND_REPLICATION || first === PARAMETRIC_STEREO;
  if (isExtended) readSampleRate(bits); // of the extension; the first one is the core's
  const objectType = isExtended ? readObjectType(bits) : first;
  const isShortFrame = bits.read(1) === 1;
  if (bytes.length < 2 || sampleRateHz === 0) {
    throw new AudioError(
      'audio_corrupt',
      `The AAC configuration (${Buffer.from(bytes.subarray(0, 8)).toString('hex')}) cannot be. ` +
        'Check that the file was uploaded whole.',
    );
  }
  return { objectType, sampleRateHz, channelConfiguration, isShortFrame };
}

function readObjectType(bits: BitReader): number {
  const type = bits.read(5);
  return type === 31 ? 32 + bits.read(6) : type;
}

function readSampleRate(bits: BitReader): number {
  const index = bits.read(4);
  return index === WRITTEN_OUT ? bits.read(24) : (SAMPLE_RATES[index] ?? 0);
}

/** A configuration of AAC-LC alone, its rate written out. */
function lowComplexity(sampleRateHz: number, channels: number): Uint8Array {
  const index = (SAMPLE_RATES as readonly number[]).indexOf(sampleRateHz);
  if (index !== -1) return Uint8Array.of((LOW_COMPLEXITY << 3) | (index >> 1), ((index & 1) << 7) | (channels << 3));
  // type, index, rate and channels in 5, 4, 24 and 4 bits, and three flags that are off
  const upper = (LOW_COMPLEXITY << 3) | (WRITTEN_OUT >> 1);
  const lower = (((WRITTEN_OUT & 1) << 31) | (sampleRateHz << 7) | (channels << 3)) >>> 0;
  return Uint8Array.of(upper, lower >>> 24, (lower >>> 16) & 0xff, (lower >>> 8) & 0xff, lower & 0xff);
}

/** Most significant bit first; zeros behind the end. */
class BitReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  read(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++, this.at++) {
      value = value * 2 + (((this.bytes[this.at >> 3] ?? 0) >> (7 - (this.at & 7))) & 1);
    }
    return value;
  }
}

function unsupported(what: string): AudioError {
  return new AudioError(
    'unsupported_format',
    `Got AAC with ${what}; AAC-LC and HE-AAC of one or two channels are decoded. ` +
      'Convert it, for instance with: ffmpeg -i input -ar 16000 -ac 1 output.wav',
  );
}
