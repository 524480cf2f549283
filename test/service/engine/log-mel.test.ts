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

  it("takes a window's features out of its recording's spectrogram", () => {
    const recording = sampleAudio('en-01.wav');
    const whole = logMel.extract(recording);
    const [from, to] = [16_000, 32_000];
    const before = recording.subarray(from - 200, from);
    const after = recording.subarray(to, to + 200);
    const loudest = logMel.loudest(recording, { before: recording.subarray(0, 0), after: recording.subarray(0, 0) });
    const part = logMel.extract(recording.subarray(from, to), { before, after, loudest });
    for (let m = 0; m < MEL_BINS; m++) {
      const row = m * WINDOW_FRAMES;
      expect(part.subarray(row, row + 100)).toEqual(whole.subarray(row + 100, row + 200));
      // Behind the window's audio there is nothing to hear, as in the reference.
      expect(part.subarray(row + 100, row + WINDOW_FRAMES).every((value) => value === 0)).toBe(true);
    }
    const alone = logMel.extract(recording.subarray(from, to));
    expect(part.subarray(0, 100)).not.toEqual(alone.subarray(0, 100));
  });

  it('mirrors the recording at its start, also for a window that begins shortly behind it', () => {
    const recording = sampleAudio('en-01.wav');
    const nothing = recording.subarray(0, 0);
    const loudest = logMel.loudest(recording, { before: nothing, after: nothing });
    const first = logMel.extract(recording.subarray(0, 16_000), { before: nothing, after: nothing, loudest });
    const second = logMel.extract(recording.subarray(160, 16_000), {
      before: recording.subarray(0, 160),
      after: nothing,
      loudest,
    });
    expect(second.subarray(0, 90)).toEqual(first.subarray(1, 91));
  });

  it('refuses more than a window', () => {
    expect(() => logMel.extract(new Float32Array(WINDOW_SAMPLES + 1))).toThrow(/at most 480000 samples, got 480001/);
  });
});
