/** What a test FLAC stream is made of: frames of one constant value a channel, the smallest that decode to the most. */
export interface ConstantFlac {
  readonly sampleRateHz?: number;
  readonly channels?: number;
  /** Samples of each channel a frame. */
  readonly blockSize?: number;
  readonly frames: number;
  /** The constant, as a 16-bit sample. */
  readonly value?: number;
  /** First byte of each subframe, if not that of a constant one. */
  readonly subframeHeader?: number;
  /** Samples that STREAMINFO states; 0 is unknown. */
  readonly statedSamples?: number;
}

/** Writes a 16-bit FLAC stream (RFC 9639) without an encoder. */
export function constantFlac(flac: ConstantFlac): Uint8Array {
  const { sampleRateHz = 16_000, channels = 1, blockSize = 4_096, frames, statedSamples = 0 } = flac;
  const info = Buffer.alloc(34);
  info.writeUInt16BE(blockSize, 0);
  info.writeUInt16BE(blockSize, 2);
  info.writeUInt32BE(((sampleRateHz << 12) | ((channels - 1) << 9) | (15 << 4)) >>> 0, 10);
  info.writeUInt32BE(statedSamples, 14);
  const header = Buffer.from([0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34]);
  const body = Array.from({ length: frames }, (_, number) =>
    constantFrame(number, channels, blockSize, flac.value ?? 0, flac.subframeHeader),
  );
  return Uint8Array.from(Buffer.concat([header, info, ...body]));
}

/** The bytes of one frame. */
export function constantFrame(
  number: number,
  channels: number,
  blockSize: number,
  value: number,
  subframeHeader = 0,
): Uint8Array {
  const head = [0xff, 0xf8, 0x70, ((channels - 1) << 4) | 0x08, ...codedNumber(number)];
  head.push((blockSize - 1) >> 8, (blockSize - 1) & 0xff);
  head.push(crc(head, 8, 0x07));
  for (let channel = 0; channel < channels; channel++) head.push(subframeHeader, (value >> 8) & 0xff, value & 0xff);
  const check = crc(head, 16, 0x8005);
  return Uint8Array.from([...head, check >> 8, check & 0xff]);
}

/** Like UTF-8; up to 16 bits. */
function codedNumber(value: number): number[] {
  if (value < 0x80) return [value];
  if (value < 0x800) return [0xc0 | (value >> 6), 0x80 | (value & 0x3f)];
  return [0xe0 | (value >> 12), 0x80 | ((value >> 6) & 0x3f), 0x80 | (value & 0x3f)];
}

/** Bit by bit, unlike the code under test. */
function crc(bytes: readonly number[], bits: 8 | 16, polynomial: number): number {
  let register = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const top = (register >> (bits - 1)) & 1;
      register = (register << 1) & (2 ** bits - 1);
      if (top !== ((byte >> bit) & 1)) register ^= polynomial;
    }
  }
  return register;
}
