/**
 * Tests against a real control plane, run by `npm run test:cluster` (docs/testing.md). Their files end with
 * `.cluster.ts`, so that `npm test` does not meet them.
 */
module.exports = {
  rootDir: '../..',
  testEnvironment: 'node',
  roots: ['<rootDir>/test/cluster'],
  testMatch: ['**/*.cluster.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json', diagnostics: false }] },
  reporters: ['default', '<rootDir>/test/support/count-reporter.js'],
  globalSetup: '<rootDir>/test/cluster/surroundings.ts',
  // Each file has namespaces of its own, and waits more than it works.
  maxWorkers: 3,
  testTimeout: 240_000,
  verbose: true,
};
