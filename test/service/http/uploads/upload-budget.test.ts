import { UploadBudget } from '../../../../service/src/http/uploads/upload-budget';
import { failureOf } from '../../../support/failure-of';

describe('UploadBudget', () => {
  it('refuses what does not fit, takes nothing then, and has room again after a release', () => {
    const budget = new UploadBudget(100);
    budget.take(60);
    expect(
      failureOf(() => {
        budget.take(41);
      }),
    ).toMatchObject({ code: 'overloaded' });
    budget.take(40);
    budget.giveBack(60);
    budget.take(60);
    expect(() => {
      budget.take(1);
    }).toThrow(/100 bytes/);
  });
});
