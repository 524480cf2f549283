const { appendFileSync } = require('node:fs');
const path = require('node:path');

/** Leaves a mark beside the node for each file with a failure: the proof is not written then (write-proof.ts). */
module.exports = class FailureJournal {
  onTestResult(test, { numFailingTests, testExecError }) {
    if (process.env.NODE_STATE && (numFailingTests > 0 || testExecError)) {
      appendFileSync(path.join(process.env.NODE_STATE, 'failures'), `${path.basename(test.path)}\n`);
    }
  }
};
