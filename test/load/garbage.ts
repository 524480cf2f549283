import { formRequest, withHeaders, type AudioFile, type LoadRequest } from '../../service/bench/load/load-request';
import type { SeededRandom } from '../../service/bench/load/seeded-random';

const PATHS = ['/v1/audio/transcriptions', '/v1/audio/translations', '/inference', '/transcribe'];

function randomBytes(length: number, random: SeededRandom): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(256 * random.next())));
}

/** What no server can answer with a transcript, each in a way of its own. */
const GARBAGE: Readonly<Record<string, (path: string, file: AudioFile, random: SeededRandom) => LoadRequest>> = {
  'a form that breaks off': (path, file, random) => {
    const { body, ...request } = formRequest(path, file);
    return { ...request, body: body.subarray(0, Math.floor(body.length * random.next())) };
  },
  'a form without its boundary': (path, file) =>
    withHeaders(formRequest(path, file), { 'content-type': 'multipart/form-data' }),
  'a form of another boundary': (path, file) =>
    withHeaders(formRequest(path, file), { 'content-type': 'multipart/form-data; boundary=another' }),
  'no form at all': (path) => ({ path, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') }),
  'no file': (path, file) => formRequest(path, file, {}, 'elsewhere'),
  'an empty file': (path, { name }) => formRequest(path, { name, bytes: new Uint8Array() }),
  'a file that is no audio': (path, { name }, random) =>
    formRequest(path, { name, bytes: randomBytes(20_000, random) }),
  'a file that is damaged at its beginning': (path, { name, bytes }, random) =>
    formRequest(path, { name, bytes: Buffer.concat([randomBytes(64, random), bytes.slice(64)]) }),
  'a format that there is not': (_, file) => formRequest(PATHS[0]!, file, { response_format: 'telegram' }),
  'a temperature above all': (_, file) => formRequest(PATHS[0]!, file, { temperature: '7' }),
  'a language of nobody': (_, file) => formRequest(PATHS[0]!, file, { language: 'xx' }),
};

/** One request that deserves a 4xx, and what is wrong with it. */
export function garbageRequest(
  file: AudioFile,
  random: SeededRandom,
): { readonly fault: string; readonly request: LoadRequest } {
  const [fault, make] = random.pick(Object.entries(GARBAGE));
  return { fault, request: make(random.pick(PATHS), file, random) };
}
