/** Unit tests run the TypeScript sources; tests that start the server run what `npm run build` wrote to build/. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json', diagnostics: false }] },
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/artifacts/'],
  testTimeout: 30_000,
};
