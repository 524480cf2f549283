import { Readable } from 'node:stream';
import { MultipartForm } from '../../../../service/src/http/uploads/multipart-form';
import { UploadBudget, type UploadShare } from '../../../../service/src/http/uploads/upload-budget';

const TYPE = 'multipart/form-data; boundary=X';

/** A part, its lines ended as they must be. */
function part(headers: string | readonly string[], content: string | Buffer): Buffer {
  const lines = typeof headers === 'string' ? [headers] : headers;
  return Buffer.concat([
    Buffer.from(`--X\r\n${lines.join('\r\n')}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
}
const field = (name: string, value: string | Buffer): Buffer =>
  part(`content-disposition: form-data; name="${name}"`, value);
const file = (disposition: string, content: string, ...headers: string[]): Buffer =>
  part([`content-disposition: form-data; ${disposition}`, ...headers], content);
const END = Buffer.from('--X--\r\n');

describe('MultipartForm', () => {
  let budget: UploadBudget;
  let share: UploadShare;
  const newForm = (): MultipartForm =>
    new MultipartForm({ fileFields: ['file'], maxFiles: 1, maxFileBytes: 1000, share });
  const useBudget = (bytes: number): void => {
    budget = new UploadBudget(bytes);
    share = budget.open();
  };
  beforeEach(() => {
    useBudget(200_000);
  });

  /** @param pieceBytes how much of it comes at once */
  async function read(parts: readonly Buffer[], pieceBytes = 7, contentType = TYPE): Promise<MultipartForm> {
    const body = Buffer.concat([...parts]);
    const pieces: Buffer[] = [];
    for (let at = 0; at < body.length; at += pieceBytes) pieces.push(body.subarray(at, at + pieceBytes));
    const form = newForm();
    await form.read(Readable.from(pieces), contentType);
    return form;
  }
  const refusal = (parts: readonly Buffer[], contentType?: string): Promise<unknown> =>
    read(parts, 1000, contentType).then(
      () => undefined,
      (error: unknown) => error,
    );

  it.each([1, 7, 64, 100_000])('reads fields and files in any order, %s bytes at a time', async (pieceBytes) => {
    const form = await read(
      [
        file('name="file"; filename="a.wav"', 'RIFF\r\n--Y', 'x-session-id: s-1'),
        field('model', 'm'),
        field('a[]', '1'),
        field('a[]', '2'),
        END,
      ],
      pieceBytes,
    );
    expect([...form.fields]).toEqual([
      ['model', ['m']],
      ['a', ['1', '2']],
    ]);
    expect(form.files).toHaveLength(1);
    expect(form.files[0]).toMatchObject({ field: 'file', filename: 'a.wav' });
    expect(Buffer.from(form.files[0]!.bytes).toString()).toBe('RIFF\r\n--Y');
    expect(form.files[0]!.header('x-session-id')).toBe('s-1');
    // sha256sum of those ten bytes.
    expect(form.files[0]!.sha256).toBe('f961327abb58ef1e026b9449c7dcf0b3bae692e08db3fa51aa9b11ab5a25af2a');
  });

  it.each([
    ['filename="C:\\\\calls\\\\a.wav"', 'a.wav'],
    ['filename="../../etc/passwd"', 'passwd'],
    ['filename="say \\"hi\\".wav"', 'say "hi".wav'],
    ['filename=plain.wav', 'plain.wav'],
    ['filename="x"; filename*=UTF-8\'\'caf%C3%A9.wav', 'café.wav'],
    ['filename="café.wav"', 'café.wav'],
  ])('reads %s', async (disposition, filename) => {
    const form = await read([file(`name="file"; ${disposition}`, 'x'), END]);
    expect(form.files[0]!.filename).toBe(filename);
  });

  it('takes a part for a file that has its type and no name', async () => {
    const form = await read([file('name="file"', 'x', 'content-type: application/octet-stream'), END]);
    expect(form.files[0]).toMatchObject({ field: 'file', filename: undefined });
  });

  it('throws other files away, and those after the first', async () => {
    const form = await read([
      file('name="other"; filename="b"', 'x'.repeat(3000)),
      file('name="file"; filename="1"', 'one'),
      file('name="file"; filename="2"', 'two'),
      END,
    ]);
    expect(form.files.map(({ filename }) => filename)).toEqual(['1']);
  });

  it('counts what it holds against the budget', async () => {
    await read([file('name="file"; filename="a"', 'x'.repeat(900)), END]);
    const others = budget.open();
    expect(() => {
      others.take(199_200);
    }).toThrow();
    share.release();
    others.take(200_000);
  });

  it.each([
    ['too long for a field', 'x'.repeat(65_537)],
    ['no text', Buffer.from([0xff, 0xfe])],
  ])('says of a file without a name that this is what it lacks, where it is %s', async (_what, content) => {
    expect(await refusal([field('file', content), END])).toMatchObject({
      code: 'invalid_value',
      param: 'file',
      message: expect.stringMatching(/^the part "file" has no file name.*filename="audio\.wav"$/) as string,
    });
  });

  it.each([
    ['a name of 16 kB', [`content-disposition: form-data; name="file"; filename="${'x'.repeat(16_384)}"`]],
    [
      '17 headers',
      ['content-disposition: form-data; name="file"', ...Array.from({ length: 16 }, (_, n) => `x-${n}: a`)],
    ],
    ['headers of 100 kB', ['content-disposition: form-data; name="file"', `x-a: ${'x'.repeat(100_000)}`]],
  ])('refuses a part with %s, and cuts nothing', async (_what, headers) => {
    expect(await refusal([part(headers, 'x'), END])).toMatchObject({
      code: 'invalid_multipart',
      message: expect.stringContaining('more than 16 headers, or more than 16384 bytes') as string,
    });
  });

  it('reads a part with as many headers as are allowed, as long as they may be', async () => {
    const lines = [
      'content-disposition: form-data; name="file"; filename="a.wav"',
      ...Array.from({ length: 15 }, (_, n) => `x-${n}: ${'x'.repeat(1_060)}`),
    ];
    const form = await read([part(lines, 'x'), END]);
    expect(form.files[0]!.header('x-14')).toHaveLength(1_060);
  });

  it.each([
    ['that breaks off', [field('a', '1')], 'invalid_multipart'],
    ['that breaks off in a file', [file('name="file"; filename="a"', 'x').subarray(0, -4)], 'invalid_multipart'],
    ['without a part', [Buffer.from('nothing here')], 'invalid_multipart'],
    ['whose part has no name', [part('content-disposition: form-data', 'x'), END], 'invalid_multipart'],
    ['of too many parts', [...Array.from({ length: 251 }, (_, n) => field(`f${n}`, '')), END], 'invalid_multipart'],
    ['with a field that is too long', [field('prompt', 'x'.repeat(65_537)), END], 'invalid_value'],
    ['with a field that is not UTF-8', [field('prompt', Buffer.from([0xff, 0xfe])), END], 'invalid_value'],
    ['with a file that is too large', [file('name="file"; filename="a"', 'x'.repeat(1001)), END], 'body_too_large'],
  ])('refuses a form %s', async (_what, parts, code) => {
    expect(await refusal(parts)).toMatchObject({ code });
  });

  it.each(['multipart/form-data', 'multipart/form-data; boundary=', `multipart/form-data; boundary=${'x'.repeat(71)}`])(
    'refuses %s for its boundary',
    async (contentType) => {
      const form = newForm();
      expect(() => form.read(Readable.from([]), contentType)).toThrow(/boundary/);
      await Promise.resolve();
    },
  );

  it('counts fields against the budget, too', async () => {
    budget.open().take(199_950);
    expect(await refusal([field('prompt', 'x'.repeat(51)), END])).toMatchObject({ code: 'overloaded' });
  });

  it('refuses fields that are too long together', async () => {
    useBudget(2 ** 20);
    const fields = Array.from({ length: 9 }, (_, n) => field(`f${n}`, 'x'.repeat(65_000)));
    expect(await refusal([...fields, END])).toMatchObject({ code: 'invalid_value' });
  });

  it('refuses a file when the budget is used up', async () => {
    budget.open().take(199_900);
    expect(await refusal([file('name="file"; filename="a"', 'x'.repeat(500)), END])).toMatchObject({
      code: 'overloaded',
    });
  });
});
