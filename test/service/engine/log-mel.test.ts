import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { LogMel, WINDOW_FRAMES } from '../../../service/src/engine/log-mel';
import { WINDOW_SAMPLES } from '../../../service/src/whisper/audio-format';
import { NANO, sampleAudio } from '../../support/nano';

const MEL_BINS = 80;

describe('LogMel', () => {
  const logMel = new LogMel(MEL_BINS);

  it.each(['en-01.wav', 'long-en.wav', 'silence.wav'])("equals transformers.js' features for %s", (file) => {
    const output = execFileSync(
      process.execPath,
      [path.join(__dirname, '../../support/reference-features.mjs'), NANO, path.join(NANO, 'samples', file)],
      { encoding: 'utf8', maxBuffer: 16 * 2 ** 20 },
    );
    const bytes = Buffer.from(output, 'base64');
    const expected = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const features = logMel.extract(sampleAudio(file).subarray(0, WINDOW_SAMPLES));
    expect(features.length).toBe(MEL_BINS * WINDOW_FRAMES);
    let largest = 0;
    features.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value - expected[i]!));
    });
    expect(largest).toBeLessThan(1e-4);
  });

  it('puts a tone into the band of its frequency', () => {
    const tone = Float32Array.from({ length: 16_000 }, (_, i) => Math.sin((2 * Math.PI * 1000 * i) / 16_000));
    const features = logMel.extract(tone);
    const column = Array.from({ length: MEL_BINS }, (_, m) => features[m * WINDOW_FRAMES + 50]!);
    // 1 kHz is mel 15 of 45.2 on Slaney's scale: a third of the way up.
    expect(column.indexOf(Math.max(...column))).toBe(26);
  });

  it('refuses more than a window', () => {
    expect(() => logMel.extract(new Float32Array(WINDOW_SAMPLES + 1))).toThrow(/at most 480000 samples, got 480001/);
  });
});
