/** The four bytes before each frame of MPEG audio (ISO/IEC 11172-3, 2.4.1.3; 13818-3, 2.4.2.3; MPEG-2.5 by Fraunhofer). */
export interface MpegHeader {
  readonly layer: 1 | 2 | 3;
  readonly sampleRateHz: number;
  readonly channels: 1 | 2;
  /** Whole frame, its header included. */
  readonly frameBytes: number;
  readonly frames: number;
  /** Between header and main data in layer III. */
  readonly sideInfoBytes: number;
}

const MPEG_1 = 3;
const RESERVED_VERSION = 1;

/** kbit/s by index; MPEG-1 layers I to III, then MPEG-2 and 2.5 layer I and layers II and III. */
const BIT_RATES = {
  v1l1: [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  v1l2: [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  v1l3: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  v2l1: [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  v2l23: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;

/** Hz of MPEG-1 by index; MPEG-2 halves them, MPEG-2.5 quarters them. */
const SAMPLE_RATES = [44_100, 48_000, 32_000] as const;

export const MPEG_HEADER_BYTES = 4;

/** The header at this place; nothing if there is none, or one of free format, whose frames do not tell their length. */
export function readMpegHeader(bytes: Uint8Array, at: number): MpegHeader | undefined {
  if (at + MPEG_HEADER_BYTES > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0) return undefined;
  const second = bytes[at + 1]!;
  const third = bytes[at + 2]!;
  const version = (second >> 3) & 3;
  const layer = 4 - ((second >> 1) & 3);
  const bitRateIndex = third >> 4;
  const rateIndex = (third >> 2) & 3;
  if (version === RESERVED_VERSION || layer === 4 || rateIndex === 3) return undefined;
  if (bitRateIndex === 0 || bitRateIndex === 15) return undefined;

  const isV1 = version === MPEG_1;
  const sampleRateHz = SAMPLE_RATES[rateIndex]! >> (isV1 ? 0 : version === 2 ? 1 : 2);
  const bitRate = 1000 * bitRatesOf(isV1, layer)[bitRateIndex]!;
  const padding = (third >> 1) & 1;
  const channels = bytes[at + 3]! >> 6 === 3 ? 1 : 2;
  const frames = layer === 1 ? 384 : layer === 2 || isV1 ? 1152 : 576;
  const frameBytes =
    layer === 1
      ? 4 * (Math.floor((12 * bitRate) / sampleRateHz) + padding)
      : Math.floor((frames / 8) * (bitRate / sampleRateHz)) + padding;
  const sideInfoBytes = isV1 ? (channels === 1 ? 17 : 32) : channels === 1 ? 9 : 17;
  return { layer: layer as 1 | 2 | 3, sampleRateHz, channels, frameBytes, frames, sideInfoBytes };
}

function bitRatesOf(isV1: boolean, layer: number): readonly number[] {
  if (isV1) return layer === 1 ? BIT_RATES.v1l1 : layer === 2 ? BIT_RATES.v1l2 : BIT_RATES.v1l3;
  return layer === 1 ? BIT_RATES.v2l1 : BIT_RATES.v2l23;
}

/** Whether two frames can stand in one stream. */
export function isSameMpegStream(a: MpegHeader, b: MpegHeader): boolean {
  return a.layer === b.layer && a.sampleRateHz === b.sampleRateHz && a.channels === b.channels;
}

/** What follows a frame: another one of its stream, ID3v1, APE or lyrics tags, or the end. */
const TAGS = ['TAG', 'APE', 'LYR', 'ID3'];

/**
 * The first frame from `from` on that begins before `limit` and is followed by what can follow a frame: the sync alone
 * occurs in any data.
 *
 * @param like a frame of the same stream, where there is one
 */
export function findMpegFrame(bytes: Uint8Array, from: number, limit: number, like?: MpegHeader): number | undefined {
  for (let at = bytes.indexOf(0xff, from); at !== -1 && at < limit; at = bytes.indexOf(0xff, at + 1)) {
    const header = readMpegHeader(bytes, at);
    if (!header || (like && !isSameMpegStream(header, like))) continue;
    const end = at + header.frameBytes;
    const next = readMpegHeader(bytes, end);
    if (next ? isSameMpegStream(header, next) : end === bytes.length || isTag(bytes, end)) return at;
  }
  return undefined;
}

function isTag(bytes: Uint8Array, at: number): boolean {
  return TAGS.includes(String.fromCharCode(...bytes.subarray(at, at + 3)));
}
