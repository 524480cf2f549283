import type { DecodedAudio } from '../../../../service/src/audio/decoded-audio';
import { onlyPart } from '../../../../service/src/http/transcription/audio-part';

const RATE = 16_000;

/** Ten seconds of sound, in which somebody speaks in some places. */
function recording(...speech: (readonly [number, number])[]): DecodedAudio {
  return {
    samples: new Float32Array(10 * RATE).fill(0.5),
    durationS: 10,
    speech: speech.map(([start, end]) => ({ startSample: start * RATE, endSample: end * RATE })),
    source: { container: 'wav', encoding: 'pcm_s16le', sampleRateHz: RATE, channels: 1 },
  };
}

/** Where there is sound, in seconds. */
function soundOf({ samples }: DecodedAudio): readonly [number, number] {
  return [
    samples.findIndex((sample) => sample !== 0) / RATE,
    (samples.findLastIndex((sample) => sample !== 0) + 1) / RATE,
  ];
}

const speechOf = ({ speech }: DecodedAudio): number[][] =>
  speech.map(({ startSample, endSample }) => [startSample / RATE, endSample / RATE]);

it('outside of the part there is silence, and the recording keeps its length', () => {
  const part = onlyPart(recording([0, 3], [4, 5], [6, 9]), { startS: 2, endS: 7.5 });
  expect(soundOf(part)).toEqual([2, 7.5]);
  expect(speechOf(part)).toEqual([
    [2, 3],
    [4, 5],
    [6, 7.5],
  ]);
  expect(part.samples).toHaveLength(10 * RATE);
});

it('a part without an end goes on to the end', () => {
  const part = onlyPart(recording([0, 10]), { startS: 8, endS: Infinity });
  expect(soundOf(part)).toEqual([8, 10]);
  expect(speechOf(part)).toEqual([[8, 10]]);
});

it('a part behind the end is silence', () => {
  const part = onlyPart(recording([0, 10]), { startS: 11, endS: 12 });
  expect(part.samples.every((sample) => sample === 0)).toBe(true);
  expect(part.speech).toEqual([]);
});
