import fc from 'fast-check';
import { requestId } from '../../../../service/src/http/security/request-id';

const NEW = /^req_[0-9a-f]{32}$/;

describe('requestId', () => {
  it('is the caller’s, where it can be echoed and logged', () => {
    for (const id of ['a', '0af7651916cd43dd8448eb211c80319c', 'a.b_c:d/e+f=g@h-i', 'x'.repeat(128)]) {
      expect(requestId({ headers: { 'x-request-id': id } })).toBe(id);
    }
  });

  it('is a new one each time elsewhere', () => {
    const ids = [undefined, '', 'x'.repeat(129), 'a b', 'a\tb', 'a"b', 'a\r\nb', 'é', 'a\0', 'a,b'].map((id) =>
      requestId({ headers: id === undefined ? {} : { 'x-request-id': id } }),
    );
    for (const id of ids) expect(id).toMatch(NEW);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('never holds a character that ends a header, a log line or a quoted string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (id) => {
        expect(requestId({ headers: { 'x-request-id': id } })).toMatch(/^[\w.:/+=@-]{1,128}$/);
      }),
    );
  });
});
