import { callerAddress } from '../../../../service/src/http/security/caller-address';

const PROXY = '10.42.0.7';

describe('callerAddress', () => {
  it.each(['203.0.113.7', '2001:db8::7', '::ffff:203.0.113.7', '::1'])('is %s as it is', (ip) => {
    expect(callerAddress(ip, PROXY)).toBe(ip);
  });

  it.each([
    ['203.0.113.7:4711', '203.0.113.7'],
    ['[2001:db8::7]:4711', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
  ])('leaves the port of %s out, which is another for each connection', (ip, address) => {
    expect(callerAddress(ip, PROXY)).toBe(address);
  });

  it.each(['unknown', '_hidden', '', '203.0.113.7.9', 'x'.repeat(10_000)])(
    'is that of the proxy where it says %j, which is no address',
    (ip) => {
      expect(callerAddress(ip, PROXY)).toBe(PROXY);
    },
  );
});
