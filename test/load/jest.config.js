/**
 * The real server under load, run by `npm run test:load` (docs/testing.md). Its files end with `.load.ts`, so that
 * `npm test` does not meet them: together they take minutes, and want the machine for themselves.
 */
module.exports = {
  rootDir: '../..',
  testEnvironment: 'node',
  roots: ['<rootDir>/test/load'],
  testMatch: ['**/*.load.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json', diagnostics: false }] },
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/artifacts/'],
  reporters: ['default', '<rootDir>/test/support/count-reporter.js'],
  // Two files at once would be each other's load.
  maxWorkers: 1,
  testTimeout: 300_000,
  verbose: true,
};
