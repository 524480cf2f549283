import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeUnless } from '../support/describe-unless';
import { ENGLISH_SAMPLES, NANO } from '../support/nano';
import { ServerProcess, transcriptionRequest } from '../support/server-process';
import { wordErrors } from '../support/word-error-rate';

const VOICE = ['-ac', '1', '-b:a', '32k'];

/** What callers send, as ffmpeg writes it: arguments, and the name's end, which tells it the container. */
const ENCODINGS: Readonly<Record<string, readonly [arguments_: readonly string[], extension: string]>> = {
  'FLAC, 48 kHz stereo': [['-ar', '48000', '-ac', '2', '-c:a', 'flac'], 'flac'],
  AIFF: [[], 'aiff'],
  'MP3, 32 kbit/s': [['-c:a', 'libmp3lame', ...VOICE], 'mp3'],
  'MP3, 44.1 kHz stereo, 128 kbit/s': [['-c:a', 'libmp3lame', '-ar', '44100', '-ac', '2', '-b:a', '128k'], 'mp3'],
  'Ogg Opus, 32 kbit/s': [['-c:a', 'libopus', '-application', 'voip', ...VOICE], 'ogg'],
  'Ogg Vorbis, 32 kbit/s': [['-c:a', 'libvorbis', '-ar', '22050', ...VOICE], 'ogg'],
  'WebM Opus without a duration': [['-c:a', 'libopus', '-ar', '48000', ...VOICE, '-live', '1'], 'webm'],
  'M4A AAC, 48 kbit/s': [['-c:a', 'aac', '-ac', '1', '-b:a', '48k'], 'm4a'],
  'MP4 AAC in fragments, 44.1 kHz': [
    [
      '-c:a',
      'aac',
      '-ar',
      '44100',
      '-ac',
      '1',
      '-b:a',
      '64k',
      '-movflags',
      'frag_keyframe+empty_moov+default_base_moof',
    ],
    'mp4',
  ],
  'AAC in ADTS, 48 kbit/s': [['-c:a', 'aac', '-ac', '1', '-b:a', '48k'], 'aac'],
};

/**
 * What loses words by itself, whoever decodes it: telephones cut everything above 4 kHz, and ffmpeg's AAC encoder is poor
 * at low rates.
 */
const LOSSY: Readonly<Record<string, readonly [arguments_: readonly string[], extension: string]>> = {
  'M4A AAC, 32 kbit/s': [['-c:a', 'aac', ...VOICE], 'm4a'],

  'G.711 µ-law, 8 kHz': [['-ar', '8000', '-ac', '1', '-c:a', 'pcm_mulaw'], 'wav'],
  'G.711 A-law, 8 kHz': [['-ar', '8000', '-ac', '1', '-c:a', 'pcm_alaw'], 'wav'],
};

const missing = spawnSync('ffmpeg', ['-version']).error === undefined ? undefined : 'no ffmpeg to encode with';

describeUnless(missing, 'the 24 English samples in what callers send', () => {
  let server: ServerProcess;
  let folder: string;
  let wavRate: number;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'codecs-'));
    server = await ServerProcess.start({ STT_QUANTIZATION: 'fp32' });
    wavRate = await errorRate(ENGLISH_SAMPLES.map(({ bytes }) => bytes));
    console.log(`WAV: ${percent(wavRate)} word errors`);
  }, 60_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await server.stop();
  });

  /** Of the samples in order, each in its encoding. */
  async function errorRate(files: readonly Buffer[]): Promise<number> {
    let [errors, words] = [0, 0];
    for (const [i, bytes] of files.entries()) {
      const response = await transcriptionRequest(server, bytes, { language: 'en' });
      const body = (await response.json()) as { text?: string };
      if (body.text === undefined) throw new Error(`${ENGLISH_SAMPLES[i]!.file}: ${JSON.stringify(body)}`);
      const counted = wordErrors(ENGLISH_SAMPLES[i]!.text, body.text);
      errors += counted.errors;
      words += counted.words;
    }
    return errors / words;
  }

  function encoded(arguments_: readonly string[], extension: string): Buffer[] {
    return ENGLISH_SAMPLES.map(({ file }) => {
      const target = path.join(folder, `audio.${extension}`);
      const source = path.join(NANO, 'samples', file);
      execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', source, ...arguments_, target]);
      return readFileSync(target);
    });
  }

  function decoded(bytes: Buffer, extension: string): Buffer {
    const [source, target] = [path.join(folder, `audio.${extension}`), path.join(folder, 'decoded.wav')];
    writeFileSync(source, bytes);
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', source, '-ar', '16000', '-c:a', 'pcm_s16le', target]);
    return readFileSync(target);
  }

  it.each(Object.entries(ENCODINGS))(
    '%s: within a point of the word errors in WAV',
    async (name, [arguments_, extension]) => {
      const rate = await errorRate(encoded(arguments_, extension));
      console.log(`${name}: ${percent(rate)} word errors`);
      // One more wrong word is half a point.
      expect(rate).toBeLessThanOrEqual(wavRate + 0.01);
    },
    120_000,
  );

  it.each(Object.entries(LOSSY))(
    "%s: within a point of the word errors in ffmpeg's own decoding",
    async (name, [arguments_, extension]) => {
      const files = encoded(arguments_, extension);
      const rate = await errorRate(files);
      const ffmpegRate = await errorRate(files.map((bytes) => decoded(bytes, extension)));
      console.log(`${name}: ${percent(rate)} word errors, ${percent(ffmpegRate)} as ffmpeg decodes it`);
      expect(rate).toBeLessThanOrEqual(ffmpegRate + 0.01);
    },
    120_000,
  );
});

function percent(rate: number): string {
  return `${(rate * 100).toFixed(1)} %`;
}
