/** What a test WAV file is made of; sizes and fields can be made to lie. */
export interface WavFile {
  readonly tag?: number;
  readonly channels?: number;
  readonly sampleRateHz?: number;
  readonly bitsPerSample?: number;
  readonly blockAlign?: number;
  /** Sub-format GUID in hex: makes the `fmt ` chunk WAVE_FORMAT_EXTENSIBLE. */
  readonly subFormat?: string;
  /** Contents of the data chunk. */
  readonly data: Uint8Array;
  /** Size that the data chunk states, if not the true one. */
  readonly dataSize?: number;
  /** First four bytes; RF64 and BW64 get a `ds64` chunk with the size of the data. */
  readonly riffId?: 'RIFF' | 'RF64' | 'BW64';
  /** Further chunks, before `fmt ` and after `data`. */
  readonly before?: readonly Uint8Array[];
  readonly after?: readonly Uint8Array[];
}

/** Writes a WAV file; by default 16 kHz mono 16-bit PCM. */
export function wavFile(file: WavFile): Uint8Array {
  const { riffId = 'RIFF', data, dataSize = data.length } = file;
  const ds64 = new Uint8Array(28);
  new DataView(ds64.buffer).setBigUint64(8, BigInt(data.length), true);
  const dataChunk = chunk('data', data);
  new DataView(dataChunk.buffer).setUint32(4, riffId === 'RIFF' ? dataSize : 0xffff_ffff, true);
  const chunks = Buffer.concat([
    ...(riffId === 'RIFF' ? [] : [chunk('ds64', ds64)]),
    ...(file.before ?? []),
    chunk('fmt ', formatFields(file)),
    dataChunk,
    ...(file.after ?? []),
  ]);
  const header = Buffer.alloc(12);
  header.write(riffId, 0, 'latin1');
  header.writeUInt32LE(4 + chunks.length, 4);
  header.write('WAVE', 8, 'latin1');
  return Uint8Array.from(Buffer.concat([header, chunks]));
}

/** A chunk, padded to an even length. */
export function chunk(id: string, contents: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + contents.length + (contents.length % 2));
  bytes.set(Buffer.from(id, 'latin1'));
  new DataView(bytes.buffer).setUint32(4, contents.length, true);
  bytes.set(contents, 8);
  return bytes;
}

function formatFields({
  tag = 1,
  channels = 1,
  sampleRateHz = 16_000,
  bitsPerSample = 16,
  blockAlign = channels * Math.ceil(bitsPerSample / 8),
  subFormat,
}: WavFile): Uint8Array {
  const bytes = new Uint8Array(subFormat === undefined ? 16 : 40);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, subFormat === undefined ? tag : 0xfffe, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, sampleRateHz, true);
  view.setUint32(8, (sampleRateHz * blockAlign) >>> 0, true);
  view.setUint16(12, blockAlign, true);
  view.setUint16(14, bitsPerSample, true);
  if (subFormat !== undefined) {
    view.setUint16(16, 22, true);
    view.setUint16(18, bitsPerSample, true);
    bytes.set(Buffer.from(subFormat, 'hex'), 24);
  }
  return bytes;
}

/** Samples in [-1, 1) as little-endian signed PCM of 16 bits. */
export function pcm16(samples: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < samples.length; index++) {
    view.setInt16(index * 2, Math.max(-32768, Math.min(32767, Math.round(samples[index]! * 32768))), true);
  }
  return bytes;
}
