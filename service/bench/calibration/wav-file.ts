import { SAMPLE_RATE_HZ } from '../../src/whisper/audio-format';

const HEADER_BYTES = 44;
const FULL_SCALE = 32_768;

/** A WAV file of 16 bits of 16 kHz mono samples in -1…1, as a caller would send it. */
export function wavFile(samples: Float32Array): Uint8Array {
  const bytes = Buffer.from(new ArrayBuffer(HEADER_BYTES + 2 * samples.length));
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20); // PCM
  bytes.writeUInt16LE(1, 22); // channels
  bytes.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  bytes.writeUInt32LE(2 * SAMPLE_RATE_HZ, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((sample, index) => {
    const value = Math.min(FULL_SCALE - 1, Math.max(-FULL_SCALE, Math.round(sample * FULL_SCALE)));
    bytes.writeInt16LE(value, HEADER_BYTES + 2 * index);
  });
  return bytes;
}
