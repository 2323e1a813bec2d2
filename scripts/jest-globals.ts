/**
 * Loaded into every process of jest. The unit tests' runner runs a test file as a plain module and defines `expect`,
 * `test` and the rest as globals; this lets the file import them from `@jest/globals`, as other tests do.
 */
import { registerHooks } from 'node:module';

const names = ['afterAll', 'afterEach', 'beforeAll', 'beforeEach', 'describe', 'expect', 'jest', 'test'];
const url = `data:text/javascript,export const { ${names.join(', ')} } = globalThis;`;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals' ? { url, shortCircuit: true } : next(specifier, context),
});
