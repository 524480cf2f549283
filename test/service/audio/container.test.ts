import { AudioError } from '../../../service/src/audio/audio-error';
import { identifyContainer } from '../../../service/src/audio/container';
import { pcm16, wavFile } from '../../support/wav-writer';

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
  ['Ogg', 'OggS\0\x02'],
  ['MP4/M4A', '\0\0\0\x20ftypM4A '],
  ['WebM', '\x1a\x45\xdf\xa3\x9f\x42\x86\x81'],
  ['MP3', '\xff\xfb\x90\x64\0\0'],
  ['MP3', 'ID3\x03\0\0\0\0\0\x00\xff\xfb\x90\x64'],
  ['AAC (ADTS)', '\xff\xf1\x50\x80\x02'],
  ['AIFF', 'FORM\0\0\0\x20AIFFCOMM'],
  ['RIFX (big-endian WAV)', 'RIFX\0\0\0\x20WAVEfmt '],
  ['AVI', 'RIFF\0\0\0\x20AVI LIST'],
  ['AU', '.snd\0\0\0\x18'],
  ['CAF', 'caff\0\x01'],
  ['AMR', '#!AMR\n'],
  ['ASF/WMA', '\x30\x26\xb2\x75\x8e\x66\xcf\x11'],
  ['Wave64', 'riff\x2e\x91\xcf\x11\xa5\xd6'],
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
