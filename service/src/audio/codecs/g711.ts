/**
 * G.711, the telephone network's 8-bit companded PCM (ITU-T Recommendation G.711, 11/1988).
 *
 * Each table maps a code word to its linear value in [-1, 1). Values are those of the recommendation's decoder output
 * tables scaled to 16 bits, as in the reference code of G.191 (`alaw_expand`, `ulaw_expand`): A-law has 13 significant
 * bits and peaks at ±32256, µ-law has 14 and peaks at ±32124.
 */
export const A_LAW_TO_LINEAR: Float32Array = Float32Array.from({ length: 256 }, (_, code) => aLawToInt16(code) / 32768);

/** See {@link A_LAW_TO_LINEAR}. */
export const MU_LAW_TO_LINEAR: Float32Array = Float32Array.from(
  { length: 256 },
  (_, code) => muLawToInt16(code) / 32768,
);

function aLawToInt16(code: number): number {
  const inverted = code ^ 0x55; // the line inverts the even bits, to keep long silences from being all zeros
  const exponent = (inverted >> 4) & 0x07;
  const mantissa = (inverted & 0x0f) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
  return (inverted & 0x80) === 0 ? -magnitude : magnitude;
}

function muLawToInt16(code: number): number {
  const inverted = ~code & 0xff; // transmitted as the complement
  const exponent = (inverted >> 4) & 0x07;
  const mantissa = inverted & 0x0f;
  const magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84; // 0x84 = 132 is the bias added before coding
  return (inverted & 0x80) === 0 ? magnitude : -magnitude;
}
