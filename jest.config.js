/** Three kinds of tests, distinguished by their file names; see docs/architecture.md. */
const kind = (name, testMatch, more) => ({
  displayName: name,
  testMatch,
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  extensionsToTreatAsEsm: ['.ts'],
  // Not the whole project: jest would list every file of node_modules.
  roots: ['<rootDir>/test'],
  ...more,
});

/** Jest's own runner loads all modules again for each file. */
const isolated = {
  testEnvironment: 'node',
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }],
  },
};

export default {
  // By default jest leaves one core free, which is half of a machine with two.
  maxWorkers: '100%',
  // In ms. No test measures its own duration: the limit only ends one that hangs, however busy the machine is.
  testTimeout: 300_000,
  projects: [
    kind('unit', ['<rootDir>/test/**/!(*.integration|*.e2e).test.ts'], {
      // Each worker is a thread that loads a module once for all its files; scripts/jest-globals.ts belongs to it.
      runner: 'jest-light-runner',
    }),
    kind('integration', ['<rootDir>/test/**/*.integration.test.ts'], {
      ...isolated,
      globalSetup: '<rootDir>/test/support/servers.ts',
      globalTeardown: '<rootDir>/test/support/servers-stop.ts',
      setupFiles: ['<rootDir>/test/support/trust.ts'],
    }),
    kind('e2e', ['<rootDir>/test/**/*.e2e.test.ts'], isolated),
  ],
};
