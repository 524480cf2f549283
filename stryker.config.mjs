/** Mutation testing of what must not be wrong unseen: the rules and the planning arithmetic. */
export default {
  mutate: ['lib/policy/**/*.ts', 'lib/planning/**/*.ts'],
  testRunner: 'jest',
  jest: {
    projectType: 'custom',
    config: {
      testEnvironment: 'node',
      testMatch: [
        '<rootDir>/test/lib/policy/**/*.test.ts',
        '<rootDir>/test/lib/planning/**/*.test.ts',
        '<rootDir>/test/docs/rules.test.ts',
      ],
      transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json', diagnostics: false }] },
      modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/artifacts/'],
    },
  },
  // Each mutant runs only the tests that reach it.
  coverageAnalysis: 'perTest',
  // What runs when a module is loaded (texts of the rules, constants) would need all tests for each mutant.
  ignoreStatic: true,
  ignorePatterns: ['build', 'dist', 'artifacts', 'service', 'apps', 'reports', 'test/e2e', 'test/service'],
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { logTests: false },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  concurrency: 2,
  checkers: [],
  // A changed loop condition runs for ever, and counts as noticed; on a busy machine 2 s made that of slow ones, too.
  timeoutMS: 12_000,
};
