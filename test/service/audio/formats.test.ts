import type { AudioError } from '../../../service/src/audio/audio-error';
import { decodeAudio } from '../../../service/src/audio/decode-audio';
import type { AudioSource } from '../../../service/src/audio/decoded-audio';
import { audioFixture } from '../../support/audio-fixture';
import { bestAlignment, withUnknownClusterSizes } from '../../support/coded-audio';
import { sampleAudio } from '../../support/nano';
import { largestDifference } from '../../support/signals';

const LIMITS = { maxDurationS: 60 };
const SPEECH = sampleAudio('en-02.wav');

/** Decoding may begin this much early or late, in samples: the coders' own resampling is no better. */
const LAG_TOLERANCE = 1;

interface Row {
  readonly file: string;
  readonly source: AudioSource;
  /** Samples at 16 kHz by which what was decoded is late, where the container does not say what its encoder put before. */
  readonly lag?: number;
  readonly correlation?: number;
  /** Length of the recording in seconds, if not all of it. */
  readonly durationS?: number;
}

const row = (
  file: string,
  container: AudioSource['container'],
  encoding: string,
  sampleRateHz: number,
  channels: number,
  rest: Partial<Row> = {},
): Row => ({ file, source: { container, encoding, sampleRateHz, channels }, ...rest });

const LOSSY: readonly Row[] = [
  row('speech-cbr.mp3', 'mp3', 'mp3', 16_000, 1),
  row('speech-vbr-id3.mp3', 'mp3', 'mp3', 44_100, 1),
  row('speech-no-lame-tag.mp3', 'mp3', 'mp3', 16_000, 1, { lag: 1105 }), // LAME's delay of 576, and the decoder's of 529
  row('speech.mp2', 'mp3', 'mp2', 16_000, 1, { lag: 481 }), // of its filter bank
  row('speech.aac', 'adts', 'aac', 16_000, 1, { lag: 1024 }), // one frame
  row('speech-moov-end.m4a', 'mp4', 'aac', 44_100, 1),
  row('speech-moov-start.m4a', 'mp4', 'aac', 48_000, 2),
  row('speech-fragmented.mp4', 'mp4', 'aac', 48_000, 1, { lag: 341 }), // one frame: ffmpeg writes no edit list there
  row('speech-video.mp4', 'mp4', 'aac', 16_000, 1),
  row('speech-aac.mkv', 'webm', 'aac', 16_000, 1, { lag: 1024 }),
  row('speech.opus', 'ogg', 'opus', 16_000, 1),
  row('speech-60ms.opus', 'ogg', 'opus', 16_000, 1),
  row('speech-live.webm', 'webm', 'opus', 16_000, 1),
  row('speech-video.webm', 'webm', 'opus', 16_000, 1),
  row('speech-opus.mp4', 'mp4', 'opus', 16_000, 1),
  row('speech-vorbis.ogg', 'ogg', 'vorbis', 16_000, 1),
  row('speech-vorbis.webm', 'webm', 'vorbis', 16_000, 1),
  row('speech-mp3.mkv', 'webm', 'mp3', 16_000, 1, { lag: 1105 }),
];

const LOSSLESS: readonly Row[] = [
  row('speech-flac.oga', 'ogg', 'flac', 16_000, 1, { durationS: 1 }),
  row('speech-flac.mkv', 'webm', 'flac', 16_000, 1, { durationS: 1 }),
  row('speech-flac.mp4', 'mp4', 'flac', 16_000, 1, { durationS: 1 }),
  row('speech-pcm.mkv', 'webm', 'pcm_f32le', 16_000, 1, { durationS: 0.5 }),
  row('speech-s16be.aiff', 'aiff', 'pcm_s16be', 16_000, 1, { durationS: 0.5 }),
  row('speech-sowt.aifc', 'aiff', 'pcm_s16le', 16_000, 1, { durationS: 0.5 }),
  row('speech-fl32.aifc', 'aiff', 'pcm_f32be', 16_000, 1, { durationS: 0.5 }),
  row('speech-s24be.au', 'au', 'pcm_s24be', 16_000, 1, { durationS: 0.5 }),
];

/** Eight bits of logarithmic PCM are within 1/32 of the amplitude. */
const COMPANDED: readonly Row[] = [
  row('speech-alaw.aifc', 'aiff', 'pcm_alaw', 16_000, 1, { durationS: 0.5 }),
  row('speech-ulaw.au', 'au', 'pcm_mulaw', 16_000, 1, { durationS: 0.5 }),
];

test.each(LOSSY)('$file comes out as the speech that was encoded, in its place', async ({ file, source, lag = 0 }) => {
  const audio = await decodeAudio(audioFixture(file), LIMITS);
  expect(audio.source).toEqual(source);
  const found = bestAlignment(SPEECH, audio.samples, 1_200);
  expect(found.correlation).toBeGreaterThan(0.99);
  expect(Math.abs(found.lag - lag)).toBeLessThanOrEqual(LAG_TOLERANCE);
  // beside what was put before the speech, an encoder fills its last frame
  const fill = lag === 0 ? 0.05 : 0.05 + (2 * 1_152) / source.sampleRateHz;
  expect(audio.durationS).toBeGreaterThan(SPEECH.length / 16_000 - 0.05);
  expect(audio.durationS).toBeLessThan(SPEECH.length / 16_000 + fill);
});

test.each(LOSSLESS)('$file comes out sample by sample', async ({ file, source, durationS }) => {
  const audio = await decodeAudio(audioFixture(file), LIMITS);
  expect(audio.source).toEqual(source);
  expect(audio.durationS).toBe(durationS);
  expect(largestDifference(audio.samples, SPEECH.subarray(0, audio.samples.length))).toBeLessThan(1e-7);
});

test.each(COMPANDED)('$file comes out as telephones hear it', async ({ file, source, durationS }) => {
  const audio = await decodeAudio(audioFixture(file), LIMITS);
  expect(audio.source).toEqual(source);
  expect(audio.durationS).toBe(durationS);
  expect(largestDifference(audio.samples, SPEECH.subarray(0, audio.samples.length))).toBeLessThan(1 / 32);
});

test('WebM with clusters of unknown size, as MediaRecorder writes it, is the same audio', async () => {
  const file = audioFixture('speech-live.webm');
  const live = withUnknownClusterSizes(file);
  expect(Buffer.compare(live, file)).not.toBe(0);
  expect((await decodeAudio(live, LIMITS)).samples).toEqual((await decodeAudio(file, LIMITS)).samples);
});

test.each([
  ['refused-alac.m4a', 'ALAC'],
  ['refused-ac3.mp4', 'AC-3'],
  ['refused-eac3.mkv', 'A_EAC3'],
  ['refused-no-audio.mp4', 'no audio track'],
])('%s is refused by the name of its codec', async (file, name) => {
  const error = await decodeAudio(audioFixture(file), LIMITS).catch((reason: unknown) => reason as AudioError);
  expect(error).toMatchObject({ code: 'unsupported_format', message: expect.stringContaining(name) });
});

describe('a file that is cut off', () => {
  const cases = ['speech-cbr.mp3', 'speech.aac', 'speech.opus', 'speech-live.webm', 'speech-vorbis.ogg'];
  test.each([...cases, 'speech-moov-start.m4a', 'speech-fragmented.mp4', 'speech-s16be.aiff'])(
    '%s: half of it is half of the audio',
    async (file) => {
      const whole = audioFixture(file);
      const { durationS } = await decodeAudio(whole, LIMITS);
      const half = await decodeAudio(whole.slice(0, whole.length / 2), LIMITS);
      expect(half.durationS).toBeGreaterThan(0.25 * durationS);
      expect(half.durationS).toBeLessThan(0.75 * durationS);
    },
  );

  test('speech-moov-end.m4a: without the tables at its end nothing can be found', async () => {
    const bytes = audioFixture('speech-moov-end.m4a');
    await expect(decodeAudio(bytes.slice(0, bytes.length / 2), LIMITS)).rejects.toMatchObject({
      code: 'audio_corrupt',
    });
  });

  test.each([...LOSSY, ...LOSSLESS, ...COMPANDED])(
    '$file: at any byte it becomes audio or an AudioError',
    async ({ file }) => {
      const bytes = audioFixture(file);
      const step = Math.max(1, Math.floor(bytes.length / 60));
      // the beginning byte by byte: there the headers are
      const lengths = Array.from({ length: bytes.length }, (_, length) => length).filter(
        (length) => length < 100 || length % step === 0,
      );
      for (const length of lengths) {
        const outcome = await decodeAudio(bytes.slice(0, length), LIMITS).catch((reason: unknown) => reason as Error);
        if ('samples' in outcome) expect(outcome.samples.length).toBeGreaterThan(0);
        else expect(outcome).toMatchObject({ name: 'AudioError' });
      }
    },
    60_000,
  );
});
