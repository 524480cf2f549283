import { Quarantine } from '../../../../service/src/http/transcription/quarantine';
import { failureOf } from '../../../support/failure-of';

describe('Quarantine', () => {
  const refusal = (quarantine: Quarantine, hash: string): unknown =>
    failureOf(() => {
      quarantine.refuse(hash);
    });

  it('refuses what was put into it, and names its hash', () => {
    const quarantine = new Quarantine();
    quarantine.add('abc');
    expect(refusal(quarantine, 'abc')).toMatchObject({
      code: 'poison_request',
      message: expect.stringContaining('abc') as string,
    });
    expect(refusal(quarantine, 'def')).toBeUndefined();
  });

  it('forgets after an hour', () => {
    let nowMs = 0;
    const quarantine = new Quarantine(() => nowMs);
    quarantine.add('abc');
    nowMs = 60 * 60_000 - 1;
    expect(refusal(quarantine, 'abc')).toMatchObject({ code: 'poison_request' });
    nowMs++;
    expect(refusal(quarantine, 'abc')).toBeUndefined();
  });

  it('forgets the oldest of more than a thousand', () => {
    const quarantine = new Quarantine();
    for (let n = 0; n <= 1000; n++) quarantine.add(`hash-${n}`);
    expect(refusal(quarantine, 'hash-0')).toBeUndefined();
    expect(refusal(quarantine, 'hash-1')).toMatchObject({ code: 'poison_request' });
  });
});
