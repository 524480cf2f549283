const { appendFileSync } = require('node:fs');

/** Adds each run's counts to the file that TEST_COUNTS names, for scripts that run jest several times. */
module.exports = class CountReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
    const file = process.env.TEST_COUNTS;
    if (!file) return;
    appendFileSync(file, `${numPassedTests} ${numFailedTests + numRuntimeErrorTestSuites} ${numPendingTests}\n`);
  }
};
