import { FairShares } from '../../../../service/src/engine/scheduling/fair-shares';

describe('FairShares', () => {
  test('counts the requests of a key that are in', () => {
    const shares = new FairShares();
    shares.enter('a');
    shares.enter('a');
    expect([shares.requestsOf('a'), shares.requestsOf('b')]).toEqual([2, 0]);
    shares.leave('a');
    expect(shares.requestsOf('a')).toBe(1);
  });

  test('a key that comes in begins where the one stands that has had the least', () => {
    const shares = new FairShares();
    shares.enter('much');
    shares.enter('little');
    shares.charge('much', 500);
    shares.charge('little', 300);
    expect(shares.attainedMs('new')).toBe(300);
    shares.enter('new');
    expect(shares.attainedMs('new')).toBe(300);
  });

  test('a key that was away has had no less than the others meanwhile', () => {
    const shares = new FairShares();
    shares.enter('away');
    shares.charge('away', 10);
    shares.leave('away');
    shares.enter('here');
    shares.charge('here', 1000);
    shares.enter('away');
    expect(shares.attainedMs('away')).toBe(shares.attainedMs('here'));
  });

  test('going away does not make what a key has had be forgotten', () => {
    const shares = new FairShares();
    shares.enter('here');
    shares.enter('greedy');
    shares.charge('greedy', 500);
    shares.charge('here', 100);
    shares.leave('greedy');
    shares.enter('greedy');
    expect(shares.attainedMs('greedy')).toBe(500);
  });

  test('a second request does not change where its key stands', () => {
    const shares = new FairShares();
    shares.enter('a');
    shares.enter('b');
    shares.charge('b', 400);
    shares.enter('b');
    shares.enter('a');
    expect([shares.attainedMs('a'), shares.attainedMs('b')]).toEqual([0, 400]);
  });

  test('what a key that has gone still owed is charged to nobody', () => {
    const shares = new FairShares();
    shares.enter('a');
    shares.leave('a');
    shares.charge('a', 100);
    expect(shares.attainedMs('b')).toBe(0);
  });
});
