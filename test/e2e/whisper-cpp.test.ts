import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { WhisperCppVerboseJson } from '../../service/src/text/whisper-cpp-json';
import { NANO, sample } from '../support/nano';
import { audioForm, ServerProcess } from '../support/server-process';

describe("whisper.cpp's server", () => {
  let server: ServerProcess;
  const one = sample('en-01.wav');
  const two = sample('en-02.wav');
  const spanish = sample('es-01.wav');
  /** Two sentences with two and a half seconds between them. */
  const both = joined(one.bytes, two.bytes);

  beforeAll(async () => {
    server = await ServerProcess.start({ STT_MAX_BODY_BYTES: '3000000' });
  });
  afterAll(() => server.stop());

  const infer = (bytes: Uint8Array, fields: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${server.url}/inference`, { method: 'POST', body: audioForm(bytes, fields) });
  const verbose = async (
    bytes: Uint8Array,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<WhisperCppVerboseJson> => {
    const response = await infer(bytes, { response_format: 'verbose_json', ...fields });
    expect(response.status).toBe(200);
    return (await response.json()) as WhisperCppVerboseJson;
  };
  const textOf = async (bytes: Uint8Array, fields: Readonly<Record<string, string>> = {}): Promise<string> =>
    (await infer(bytes, { response_format: 'text', ...fields })).text();

  it("answers the request of whisper.cpp's own documentation, its curl command unchanged", () => {
    const answer = execFileSync('curl', [
      ...['--silent', `127.0.0.1:${server.port}/inference`],
      ...['-H', 'Content-Type: multipart/form-data'],
      ...['-F', `file=@${path.join(NANO, 'samples/en-01.wav')}`],
      ...['-F', 'temperature=0.0', '-F', 'temperature_inc=0.2', '-F', 'response_format=json'],
    ]);
    expect(JSON.parse(answer.toString())).toEqual({ text: ` ${one.text}\n` });
  });

  it('writes json where nothing else is asked for, a line a segment', async () => {
    const response = await infer(both);
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(await response.json()).toEqual({ text: ` ${one.text}\n ${two.text}\n` });
  });

  it('writes text as whisper.cpp types it, and lets no browser run what somebody said', async () => {
    const response = await infer(both, { response_format: 'text' });
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await response.text()).toBe(` ${one.text}\n ${two.text}\n`);
  });

  it('writes srt, numbered from where it is told', async () => {
    const response = await infer(both, { response_format: 'srt', offset_n: '5' });
    expect(response.headers.get('content-type')).toBe('application/x-subrip');
    expect((await response.text()).replaceAll(/\d\d:\d\d:\d\d,\d{3}/g, 'TIME')).toBe(
      `6\nTIME --> TIME\n${one.text}\n\n7\nTIME --> TIME\n${two.text}\n\n`,
    );
  });

  it('writes vtt, with hours', async () => {
    const response = await infer(one.bytes, { response_format: 'vtt' });
    expect(response.headers.get('content-type')).toMatch(/^text\/vtt\b/);
    expect((await response.text()).replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, 'TIME')).toBe(
      `WEBVTT\n\nTIME --> TIME\n${one.text}\n\n`,
    );
  });

  it('writes verbose_json with segments, timed words and what the language may be', async () => {
    const json = await verbose(both);
    expect(Object.keys(json)).toEqual([
      ...['task', 'language', 'duration', 'text', 'segments'],
      ...['detected_language', 'detected_language_probability', 'language_probabilities'],
    ]);
    expect(json).toMatchObject({ task: 'transcribe', language: 'english', detected_language: 'english' });
    expect(json.duration).toBeCloseTo(one.duration + two.duration, 1);
    expect(json.detected_language_probability).toBeGreaterThan(0.5);
    expect(json.language_probabilities!.en).toBe(json.detected_language_probability);
    expect(json.segments.map(({ id, text }) => ({ id, text }))).toEqual([
      { id: 0, text: ` ${one.text}` },
      { id: 1, text: ` ${two.text}` },
    ]);
    for (const segment of json.segments) {
      expect(segment.words.map(({ word }) => word).join('')).toBe(segment.text);
      expect(segment.words[0]!.start).toBeGreaterThanOrEqual(segment.start!);
      expect(segment.words.at(-1)!.end).toBeLessThanOrEqual(segment.end!);
      expect(segment.avg_logprob).toBeLessThan(0);
      expect(segment.tokens.length).toBeGreaterThanOrEqual(segment.words.length);
    }
    expect(json.segments[1]!.start).toBeGreaterThan(one.end!);
  });

  it('hears English where no language is named, another where it is, and detects it with auto', async () => {
    expect(await verbose(spanish.bytes)).toMatchObject({ language: 'english', detected_language: 'spanish' });
    expect(await verbose(spanish.bytes, { language: 'es' })).toMatchObject({ language: 'spanish' });
    const detected = await verbose(spanish.bytes, { language: 'auto' });
    expect(detected).toMatchObject({ language: 'spanish', detected_language: 'spanish', text: ` ${spanish.text}\n` });
    expect(detected.detected_language_probability).toBeGreaterThan(0.5);
  });

  it('detects the language alone, without a text', async () => {
    const json = await verbose(spanish.bytes, { detect_language: 'true' });
    expect(json).toMatchObject({ text: '', segments: [], language: 'spanish', detected_language: 'spanish' });
    expect(await (await infer(spanish.bytes, { detect_language: '1' })).json()).toEqual({ text: '' });
  });

  it('leaves out what the language may be, and times, where they are not wanted', async () => {
    const json = await verbose(one.bytes, { no_language_probabilities: 'true', no_timestamps: '1' });
    expect(JSON.stringify(json)).not.toMatch(/detected|language_probabilities|"start"|"end"/);
    expect(json.segments[0]!.words.map(({ word }) => word).join('')).toBe(` ${one.text}`);
    const untimed = await verbose(one.bytes, { token_timestamps: 'false' });
    expect(untimed.segments[0]!.start).toBeDefined();
    expect(untimed.segments[0]!.words[0]!.start).toBeUndefined();
  });

  it('hears the part of the audio between offset_t and duration, whose times stay those of the whole', async () => {
    const boundaryMs = Math.round(one.duration * 1000);
    const first = await verbose(both, { duration: String(boundaryMs) });
    expect(first.text).toBe(` ${one.text}\n`);
    expect(first.duration).toBeCloseTo(one.duration + two.duration, 1);
    const second = await verbose(both, { offset_t: String(boundaryMs) });
    expect(second.text).toBe(` ${two.text}\n`);
    expect(second.segments[0]!.start).toBeGreaterThan(one.end!);
    expect(await textOf(both, { offset_t: '3600000' })).toBe('');
  });

  it('cuts segments at max_len, between words', async () => {
    const lines = (await textOf(one.bytes, { max_len: '20' })).split('\n').slice(0, -1);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join('')).toBe(` ${one.text}`);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(20);
    const json = await verbose(one.bytes, { max_len: '1', split_on_word: 'true' });
    expect(json.segments.map(({ text }) => text)).toEqual(one.text.split(' ').map((word) => ` ${word}`));
    for (const { tokens, words, avg_logprob } of json.segments) {
      expect(tokens.length).toBeGreaterThan(0);
      expect(words).toHaveLength(1);
      expect(avg_logprob).toBeLessThanOrEqual(0);
    }
  });

  it('starts at the temperature that it is given, and stays there where it is never raised', async () => {
    const json = await verbose(one.bytes, { temperature: '0.4', temperature_inc: '0', best_of: '1' });
    expect(json.segments[0]!.temperature).toBe(0.4);
    // Nothing is as likely as this asks for, so that every temperature is tried.
    const raised = await verbose(one.bytes, { temperature: '0.4', temperature_inc: '0.3', logprob_thold: '0' });
    expect(raised.segments[0]!.temperature).toBe(1);
    const never = await verbose(one.bytes, { logprob_thold: '0', temperature_inc: '0' });
    expect(never.segments[0]!.temperature).toBe(0);
  });

  it('translates where it is asked to, with any word for yes', async () => {
    expect(await verbose(spanish.bytes, { language: 'es', translate: 'yes' })).toMatchObject({ task: 'translate' });
    expect(await verbose(spanish.bytes, { language: 'es', translate: 'no' })).toMatchObject({ task: 'transcribe' });
  });

  it('searches with several beams', async () => {
    expect(await textOf(one.bytes, { beam_size: '3' })).toBe(` ${one.text}\n`);
  });

  it('takes the fields that have no effect here, whatever they say', async () => {
    const without = await textOf(one.bytes);
    const fields = {
      ...{ audio_ctx: '768', word_thold: '0.5', entropy_thold: '2.8', max_context: '0', carry_initial_prompt: '1' },
      ...{ diarize: 'true', tinydiarize: 'x', debug_mode: '', vad: 'true', vad_threshold: '0.9', suppress_nst: '1' },
      ...{ vad_max_speech_duration_s: 'inf', unheard_of: 'indeed' },
    };
    expect(await textOf(one.bytes, fields)).toBe(without);
  });

  it('says nothing of audio without speech', async () => {
    expect(await textOf(sample('silence.wav').bytes)).toBe('');
    expect(await verbose(sample('silence.wav').bytes)).toMatchObject({ text: '', segments: [], language: 'english' });
  });

  it.each([
    ['no file', undefined, {}, 400, /^no 'file' field in the request/],
    ['bytes that are no audio', Buffer.from('hello there'), {}, 400, /^failed to read audio data: /],
    ['an empty file', Buffer.alloc(0), {}, 400, /^failed to read audio data: /],
    ['a temperature that is none', one.bytes, { temperature: 'hot' }, 400, /^temperature: got "hot"/],
    ['steps of temperature without end', one.bytes, { temperature_inc: '0.0001' }, 400, /^temperature_inc: /],
    ['more beams than whisper.cpp has', one.bytes, { beam_size: '9' }, 400, /^beam_size: /],
    ['an unknown format', one.bytes, { response_format: 'lrc' }, 400, /^response_format: got "lrc", expected one of/],
    ['an unknown language', one.bytes, { language: 'klingon' }, 400, /klingon/],
    ['a file that is too large', Buffer.alloc(3_000_001), {}, 413, /^Maximum content size limit/],
  ])('refuses %s in its shape', async (_what, file, fields, status, message) => {
    const body = file ? audioForm(file, fields) : new FormData();
    body.append('further', 'field');
    const response = await fetch(`${server.url}/inference`, { method: 'POST', body });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.stringMatching(message) as string });
  });

  it('loads no model that a request names, whatever there is at its path', async () => {
    const form = new FormData();
    form.append('model', '/etc/passwd');
    const response = await fetch(`${server.url}/load`, { method: 'POST', body: form });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringContaining('STT_MODEL') as string });
    expect(await textOf(two.bytes)).toBe(` ${two.text}\n`);
  });
});

/** Two of the samples, one after the other: their headers are of 44 bytes, and say 16-bit mono at 16 kHz. */
function joined(first: Buffer, second: Buffer): Buffer {
  const file = Buffer.concat([first, second.subarray(44)]);
  file.writeUInt32LE(file.length - 8, 4);
  file.writeUInt32LE(file.length - 44, 40);
  return file;
}
