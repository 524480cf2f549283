/** Tests on a real node, run by `npm run test:node` (docs/testing.md). Their files end with `.node.ts`. */
module.exports = {
  rootDir: '../../..',
  testEnvironment: 'node',
  roots: ['<rootDir>/test/cluster/node'],
  testMatch: ['**/*.node.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json', diagnostics: false }] },
  globalTeardown: '<rootDir>/test/cluster/node/write-proof.ts',
  reporters: ['default', '<rootDir>/test/support/count-reporter.js', '<rootDir>/test/cluster/node/failure-journal.js'],
  // There is one node, and it has one CPU to give.
  maxWorkers: 1,
  testTimeout: 240_000,
  verbose: true,
};
