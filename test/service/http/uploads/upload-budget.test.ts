import { UploadBudget } from '../../../../service/src/http/uploads/upload-budget';
import { failureOf } from '../../../support/failure-of';

describe('UploadBudget', () => {
  it('refuses what does not fit beside others, takes nothing then, and has room again after a release', () => {
    const budget = new UploadBudget(100);
    const [first, second] = [budget.open(), budget.open()];
    first.take(60);
    expect(
      failureOf(() => {
        second.take(41);
      }),
    ).toMatchObject({ code: 'overloaded', message: expect.stringContaining('100 bytes') as string });
    second.take(40);
    first.release();
    first.release();
    second.take(60);
    expect(
      failureOf(() => {
        first.take(1);
      }),
    ).toMatchObject({ code: 'overloaded' });
  });

  it('says of an upload that would never fit that another try is in vain', () => {
    const budget = new UploadBudget(100);
    const [share, other] = [budget.open(), budget.open()];
    other.take(50);
    share.take(50);
    expect(
      failureOf(() => {
        share.take(51);
      }),
    ).toMatchObject({ code: 'body_too_large', message: expect.stringContaining('got 101 bytes or more') as string });
  });
});
