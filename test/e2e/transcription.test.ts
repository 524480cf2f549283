import { ENGLISH_SAMPLES, sample } from '../support/nano';
import { ServerProcess, transcriptionRequest } from '../support/server-process';
import { wordErrors, type WordErrors } from '../support/word-error-rate';

/** Transcribes over HTTP and counts. */
async function errorRate(
  server: ServerProcess,
  files: readonly { bytes: Buffer; text: string }[],
): Promise<WordErrors> {
  let [errors, words] = [0, 0];
  for (const { bytes, text } of files) {
    const response = await transcriptionRequest(server, bytes);
    const { text: got } = (await response.json()) as { text: string };
    const counted = wordErrors(text, got);
    errors += counted.errors;
    words += counted.words;
  }
  return { errors, words };
}

describe.each([
  // The figures that the model's README states for transformers.js, as bounds.
  { quantization: 'fp32', shortBound: 0.044 },
  { quantization: 'int8', shortBound: 0.055 },
])('the embedded model in $quantization, over HTTP', ({ quantization, shortBound }) => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start({ STT_QUANTIZATION: quantization });
  });
  afterAll(() => server.stop());

  it(`transcribes the 24 English samples with at most ${(shortBound * 100).toFixed(1)} % word errors`, async () => {
    const { errors, words } = await errorRate(server, ENGLISH_SAMPLES);
    console.log(`${quantization}: ${errors} word errors of ${words} (${((errors / words) * 100).toFixed(2)} %)`);
    expect(words).toBe(181);
    expect(errors / words).toBeLessThanOrEqual(shortBound);
  }, 60_000);

  it('transcribes 67 s of sentences, cut at their pauses, with at most 8 % word errors', async () => {
    const { errors, words } = await errorRate(server, [sample('long-en.wav')]);
    console.log(`${quantization}, long: ${errors} word errors of ${words} (${((errors / words) * 100).toFixed(2)} %)`);
    expect(errors / words).toBeLessThanOrEqual(0.08);
  }, 60_000);

  it.each([
    ['es-01.wav', 'spanish'],
    ['de-01.wav', 'german'],
    ['en-01.wav', 'english'],
  ])('detects the language of %s', async (file, language) => {
    const response = await transcriptionRequest(server, sample(file).bytes, { response_format: 'verbose_json' });
    expect(await response.json()).toMatchObject({ language, text: sample(file).text });
  });

  it('decodes hotter where the text comes out badly, unless the caller has said how hot', async () => {
    const temperatureOf = async (fields: Record<string, string>): Promise<number> => {
      // English that is to be heard as German.
      const forced = { language: 'de', response_format: 'verbose_json', ...fields };
      const response = await transcriptionRequest(server, sample('en-01.wav').bytes, forced);
      const { segments } = (await response.json()) as { segments: [{ temperature: number }] };
      return segments[0].temperature;
    };

    expect(await temperatureOf({})).toBeGreaterThan(0);
    expect(await temperatureOf({ temperature: '0' })).toBeGreaterThan(0);
    expect(await temperatureOf({ temperature: '0.1' })).toBe(0.1);
    expect(await temperatureOf({ language: 'en' })).toBe(0);
  }, 60_000);

  it.each(['silence.wav', 'noise.wav'])('hears nothing in %s', async (file) => {
    const response = await transcriptionRequest(server, sample(file).bytes);
    expect(await response.json()).toMatchObject({ text: '' });
  });

  it('places segments in the audio, in order, with figures that come from the decoder', async () => {
    const response = await transcriptionRequest(server, sample('long-en.wav').bytes, {
      response_format: 'verbose_json',
    });
    const { segments, duration } = (await response.json()) as {
      duration: number;
      segments: {
        id: number;
        start: number;
        end: number;
        avg_logprob: number;
        no_speech_prob: number;
        tokens: number[];
      }[];
    };
    expect(segments.length).toBeGreaterThan(10);
    segments.forEach(({ id, start, end, avg_logprob: logProb, no_speech_prob: noSpeech, tokens }, index) => {
      expect(id).toBe(index);
      expect(end).toBeGreaterThan(start);
      expect(start).toBeGreaterThanOrEqual(segments[index - 1]?.end ?? 0);
      expect(end).toBeLessThanOrEqual(duration);
      expect(logProb).toBeLessThan(0);
      expect(noSpeech).toBeGreaterThan(0);
      expect(noSpeech).toBeLessThan(0.6);
      expect(tokens.length).toBeGreaterThan(0);
    });
  }, 60_000);
});
