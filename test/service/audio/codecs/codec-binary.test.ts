import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { CODEC_BINARY } from '../../../../service/src/audio/codecs/codec-binary';
import { REPOSITORY } from '../../../support/built';
import { PacketDecoder } from '../../../../service/src/audio/codecs/packet-decoder';

test('the module is made of the sources as they are now: run codecs/rust/build.sh and commit when this fails', () => {
  const script = path.join(REPOSITORY, 'service/src/audio/codecs/rust/sources-hash.mjs');
  expect(execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim()).toBe(CODEC_BINARY.sources);
});

test('the module is the one that its checksum names', () => {
  const module = brotliDecompressSync(Buffer.from(CODEC_BINARY.brotliBase64, 'base64'));
  expect(createHash('sha256').update(module).digest('hex')).toBe(CODEC_BINARY.sha256);
});

test('a decoder is not opened for a configuration that cannot be', () => {
  for (const codec of ['aac', 'flac', 'opus', 'vorbis'] as const) {
    for (const bytes of [[], [0], new Array<number>(64).fill(0xff)]) {
      expect(PacketDecoder.open(codec, Uint8Array.from(bytes))).toBeUndefined();
    }
  }
});

test('a damaged packet gives nothing, and the decoder goes on', () => {
  const decoder = PacketDecoder.open('opus', Buffer.from('OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0', 'latin1'))!;
  const silence = Uint8Array.of(0xf8, 0xff, 0xfe); // 20 ms of CELT
  expect(decoder.decode(silence)?.[0]).toHaveLength(320);
  expect(decoder.decode(Uint8Array.of(0xff))).toBeUndefined();
  expect(decoder.decode(new Uint8Array(0))).toBeUndefined();
  expect(decoder.decode(silence)?.[0]).toHaveLength(320);
  expect(decoder.sampleRateHz).toBe(16_000);
});

test('a decoder that was broken too often gives up', () => {
  const decoder = PacketDecoder.open('mp3')!;
  for (let count = 0; count < 20; count++) decoder.restart();
  expect(() => {
    decoder.restart();
  }).toThrow(expect.objectContaining({ code: 'audio_corrupt' }) as Error);
});
