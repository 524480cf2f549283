import { wavFile } from '../../../../service/bench/calibration/wav-file';
import { decodeAudio } from '../../../../service/src/audio/decode-audio';

describe('the WAV file of an utterance', () => {
  it('decodes to the very samples that it was made of, clipped at full scale', async () => {
    const samples = Float32Array.from(
      { length: 1600 },
      (_, index) => Math.round(20_000 * Math.sin(index / 10)) / 32_768,
    );
    const { samples: decoded } = await decodeAudio(wavFile(samples), { maxDurationS: 1 });

    expect([...decoded]).toEqual([...samples]);
    expect((await decodeAudio(wavFile(Float32Array.of(2, -2)), { maxDurationS: 1 })).samples).toEqual(
      Float32Array.of(32_767 / 32_768, -1),
    );
  });
});
