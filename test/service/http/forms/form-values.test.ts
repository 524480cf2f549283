import type { FormSchema } from '../../../../service/src/http/forms/form-schema';
import { formValues } from '../../../../service/src/http/forms/form-values';
import type { UploadedFile } from '../../../../service/src/http/uploads/upload';

const SCHEMA: FormSchema = {
  type: 'object',
  properties: {
    file: { type: 'string', format: 'binary', description: '' },
    language: { type: 'string', description: '' },
    stream: { type: 'boolean', description: '' },
    include: { type: 'array', items: { type: 'string' }, description: '' },
  },
};
const FILE: UploadedFile = {
  field: 'file',
  filename: 'a.wav',
  bytes: new Uint8Array(),
  sha256: '',
  header: () => undefined,
};

describe('formValues', () => {
  const values = (fields: Record<string, string[]>, files: UploadedFile[] = []): unknown =>
    formValues(SCHEMA, new Map(Object.entries(fields)), files);

  it('takes the last value of a field, and all of a list', () => {
    expect(values({ language: ['en', 'de'], include: ['a', 'b'] })).toEqual({ language: 'de', include: ['a', 'b'] });
  });

  it('takes a list that is one JSON array', () => {
    expect(values({ include: ['["a","b"]', 'c'] })).toEqual({ include: ['a', 'b', 'c'] });
    expect(values({ include: ['[broken'] })).toEqual({ include: ['[broken'] });
  });

  it('counts empty fields as absent, and leaves out what the schema does not know', () => {
    expect(values({ language: [''], include: ['', ''], threads: ['4'] })).toEqual({});
  });

  it.each([
    ['1', 'true'],
    ['0', 'false'],
    ['True', 'true'],
    ['false', 'false'],
    ['maybe', 'maybe'],
  ])('writes the truth %s as JSON does', (given, expected) => {
    expect(values({ stream: [given] })).toEqual({ stream: expected });
  });

  it('tells a file by its name, and does not take a text for one', () => {
    expect(values({}, [FILE])).toEqual({ file: 'a.wav' });
    expect(values({}, [{ ...FILE, filename: undefined }])).toEqual({ file: '' });
    expect(values({ file: ['text'] })).toEqual({});
  });

  it('takes no name for a property of objects', () => {
    const polluted = values({ ['__proto__']: ['x'], constructor: ['y'] }) as object;
    expect(Object.keys(polluted)).toEqual([]);
    expect(Object.getPrototypeOf(polluted)).toBe(Object.prototype);
  });
});
