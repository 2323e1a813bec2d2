/** Three kinds of tests, distinguished by their file names; see docs/architecture.md. */
const kind = (name, testMatch, more = {}) => ({
  displayName: name,
  testMatch,
  testEnvironment: 'node',
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }],
  },
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/.headroom'],
  ...more,
});

export default {
  // By default jest leaves one core free, which is half of a machine with two.
  maxWorkers: '100%',
  projects: [
    kind('unit', ['<rootDir>/test/**/!(*.integration|*.e2e).test.ts'], {
      globalSetup: '<rootDir>/test/lib/synth-folder.ts',
    }),
    kind('integration', ['<rootDir>/test/**/*.integration.test.ts'], {
      globalSetup: '<rootDir>/test/support/servers.ts',
      globalTeardown: '<rootDir>/test/support/servers-stop.ts',
      setupFiles: ['<rootDir>/test/support/trust.ts'],
    }),
    kind('e2e', ['<rootDir>/test/**/*.e2e.test.ts']),
  ],
};
