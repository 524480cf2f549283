import { AudioError } from '../../../../service/src/audio/audio-error';
import { identifyContainer } from '../../../../service/src/audio/containers/identify-container';
import { audioFixture } from '../../../support/audio-fixture';
import { noise } from '../../../support/signals';
import { pcm16, wavFile } from '../../../support/wav-writer';

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

function refusal(bytes: Uint8Array): AudioError {
  try {
    identifyContainer(bytes);
  } catch (error) {
    if (error instanceof AudioError) return error;
    throw error;
  }
  throw new Error('not refused');
}

test('WAV in its three forms and FLAC are recognised by their contents', () => {
  for (const riffId of ['RIFF', 'RF64', 'BW64'] as const) {
    expect(identifyContainer(wavFile({ riffId, data: pcm16([0]) }))).toEqual({ kind: 'wav', offset: 0 });
  }
  expect(identifyContainer(latin1('fLaC\0\0\0\x22'))).toEqual({ kind: 'flac', offset: 0 });
});

test('a FLAC file behind an ID3v2 tag is recognised', () => {
  const tag = latin1('ID3\x04\0\0\0\0\x01\x02' + '\0'.repeat(130));
  expect(identifyContainer(Buffer.concat([tag, latin1('fLaC')]))).toEqual({ kind: 'flac', offset: 140 });
});

test.each([
  ['ogg', 'OggS\0\x02'],
  ['mp4', '\0\0\0\x20ftypM4A '],
  ['mp4', '\0\0\0\x08wide\0\0\0\x08mdat'],
  ['webm', '\x1a\x45\xdf\xa3\x9f\x42\x86\x81'],
  ['mp3', '\xff\xfb\x90\x64\0\0'],
  ['adts', '\xff\xf1\x50\x80\x02\x1f\xfc'],
  ['aiff', 'FORM\0\0\0\x20AIFFCOMM'],
  ['aiff', 'FORM\0\0\0\x20AIFCFVER'],
  ['au', '.snd\0\0\0\x18'],
])('%s is recognised by its contents', (kind, text) => {
  expect(identifyContainer(latin1(text))).toEqual({ kind, offset: 0 });
});

test('what follows one or more ID3v2 tags is recognised', () => {
  const tag = latin1('ID3\x04\0\0\0\0\0\x02ab');
  for (const [kind, text] of [
    ['mp3', '\xff\xfb\x90\x64\0\0'],
    ['adts', '\xff\xf1\x50\x80\x02\x1f\xfc'],
    ['flac', 'fLaC'],
  ] as const) {
    expect(identifyContainer(Buffer.concat([tag, latin1(text)]))).toEqual({ kind, offset: 12 });
    expect(identifyContainer(Buffer.concat([tag, tag, latin1(text)]))).toEqual({ kind, offset: 24 });
  }
  expect(refusal(Buffer.concat([tag, latin1('unknown')])).message).toContain('behind the ID3v2 tag: 75 6e 6b');
});

test.each([
  ['mp3', 'speech-cbr.mp3'],
  ['adts', 'speech.aac'],
] as const)('%s behind bytes that belong to nothing is found by its frames', (kind, file) => {
  const junk = latin1('\0\xff\xfb junk '.repeat(100));
  expect(identifyContainer(Buffer.concat([junk, audioFixture(file)]))).toEqual({ kind, offset: junk.length });
});

test('noise and text are no MP3, whatever occurs in them', () => {
  const bytes = Uint8Array.from(noise(60_000, 128), (value) => Math.floor(value) & 0xff);
  bytes[0] = 0x20;
  expect(refusal(bytes).code).toBe('unsupported_format');
  expect(refusal(latin1('{"error":"not found"}'.repeat(4_000))).code).toBe('unsupported_format');
});

test.each([
  ['RIFX (big-endian WAV)', 'RIFX\0\0\0\x20WAVEfmt '],
  ['AVI', 'RIFF\0\0\0\x20AVI LIST'],
  ['CAF', 'caff\0\x01'],
  ['AMR', '#!AMR\n'],
  ['ASF/WMA', '\x30\x26\xb2\x75\x8e\x66\xcf\x11'],
  ['Wave64', 'riff\x2e\x91\xcf\x11\xa5\xd6'],
  ['WavPack', 'wvpk\0\0'],
  ['FLV', 'FLV\x01\x05'],
  ['AAC (ADIF)', 'ADIF\0'],
  ['an MPEG transport stream', `G${'\0'.repeat(187)}G`],
])('%s is refused by name', (name, text) => {
  const error = refusal(latin1(text));
  expect(error.code).toBe('unsupported_format');
  expect(error.message).toContain(`Got ${name}.`);
  expect(error.message).toContain('Supported formats: wav');
});

test('unknown bytes are refused with the first of them and what to do', () => {
  const error = refusal(latin1('hello world'));
  expect(error.code).toBe('unsupported_format');
  expect(error.message).toContain('first bytes: 68 65 6c 6c 6f 20 77 6f');
  expect(error.message).toContain('ffmpeg');
});

test('no bytes at all are empty audio', () => {
  expect(refusal(new Uint8Array(0)).code).toBe('audio_empty');
});
