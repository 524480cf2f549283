import { sampleAudio } from '../support/nano';

/** A piece of audio that a witness was given; lengths in samples at 16 kHz. */
export type AudioPart =
  | { readonly file: string }
  | { readonly silence: number }
  | { readonly noise: number; readonly seed: number; readonly shift: number };

/** The samples of a recipe, exactly as test/parity/nano.py makes them. */
export function audioOf(parts: readonly AudioPart[]): Float32Array {
  const pieces = parts.map((part) => {
    if ('file' in part) return sampleAudio(part.file);
    if ('silence' in part) return new Float32Array(part.silence);
    let state = part.seed;
    return Float32Array.from({ length: part.noise }, () => {
      state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
      return (((state >>> 16) - 32_768) >> part.shift) / 32_768;
    });
  });
  const samples = new Float32Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return samples;
}
