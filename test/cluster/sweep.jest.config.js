/** The sweep over all working sets, run by `npm run test:cluster:sweep` once a release of Kubernetes. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['**/*.sweep.ts'],
  testTimeout: 900_000,
};
