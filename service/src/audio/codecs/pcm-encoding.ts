import { A_LAW_TO_LINEAR, MU_LAW_TO_LINEAR } from './g711';

/** Reads the sample at a byte offset; full scale is [-1, 1]. */
export type ReadSample = (view: DataView, offset: number) => number;

/** How uncompressed samples are stored. */
export interface PcmEncoding {
  /** FFmpeg's codec name. */
  readonly name: string;
  /** Distance between the samples of neighbouring channels. */
  readonly bytesPerSample: number;
  readonly read: ReadSample;
}

const pcm = (name: string, bytesPerSample: number, read: ReadSample): PcmEncoding => ({ name, bytesPerSample, read });

/** By FFmpeg's name without its `pcm_`. */
export const PCM = {
  u8: pcm('pcm_u8', 1, (view, at) => (view.getUint8(at) - 128) / 128),
  s8: pcm('pcm_s8', 1, (view, at) => view.getInt8(at) / 128),
  s16le: pcm('pcm_s16le', 2, (view, at) => view.getInt16(at, true) / 32_768),
  s16be: pcm('pcm_s16be', 2, (view, at) => view.getInt16(at) / 32_768),
  s24le: pcm('pcm_s24le', 3, (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8_388_608),
  s24be: pcm('pcm_s24be', 3, (view, at) => ((view.getInt8(at) << 16) | view.getUint16(at + 1)) / 8_388_608),
  s32le: pcm('pcm_s32le', 4, (view, at) => view.getInt32(at, true) / 2_147_483_648),
  s32be: pcm('pcm_s32be', 4, (view, at) => view.getInt32(at) / 2_147_483_648),
  f32le: pcm('pcm_f32le', 4, (view, at) => view.getFloat32(at, true)),
  f32be: pcm('pcm_f32be', 4, (view, at) => view.getFloat32(at)),
  f64le: pcm('pcm_f64le', 8, (view, at) => view.getFloat64(at, true)),
  f64be: pcm('pcm_f64be', 8, (view, at) => view.getFloat64(at)),
  alaw: pcm('pcm_alaw', 1, (view, at) => A_LAW_TO_LINEAR[view.getUint8(at)]!),
  mulaw: pcm('pcm_mulaw', 1, (view, at) => MU_LAW_TO_LINEAR[view.getUint8(at)]!),
} as const satisfies Readonly<Record<string, PcmEncoding>>;
