/** Tests of the container image, run by `npm run test:image`, which builds it. Their files end with `.image.ts`. */
module.exports = {
  rootDir: '../..',
  testEnvironment: 'node',
  roots: ['<rootDir>/test/image'],
  testMatch: ['**/*.image.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json', diagnostics: false }] },
  reporters: ['default', '<rootDir>/test/support/count-reporter.js'],
  maxWorkers: 1,
  testTimeout: 60_000,
  verbose: true,
};
