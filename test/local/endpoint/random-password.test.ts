import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomPassword } from '../../../local/endpoint/random-password.ts';

const rules = fc.record(
  {
    PasswordLength: fc.integer({ min: 5, max: 200 }),
    ExcludeCharacters: fc.string(),
    ExcludeLowercase: fc.boolean(),
    ExcludeUppercase: fc.boolean(),
    ExcludeNumbers: fc.boolean(),
    ExcludePunctuation: fc.boolean(),
    RequireEachIncludedType: fc.boolean(),
  },
  { requiredKeys: [] },
);
const types = [
  ['ExcludeLowercase', /[a-z]/],
  ['ExcludeUppercase', /[A-Z]/],
  ['ExcludeNumbers', /[0-9]/],
  ['ExcludePunctuation', /[!-/:-@[-`{-~]/],
] as const;

test('a password has the required length, no excluded character and each required type', () => {
  fc.assert(
    fc.property(rules, (given) => {
      fc.pre(types.some(([excluded]) => !given[excluded]));
      const password = randomPassword(given);
      expect(password).toHaveLength(given.PasswordLength ?? 32);
      expect(password.split('').filter((character) => given.ExcludeCharacters?.includes(character))).toEqual([]);
      for (const [excluded, pattern] of types) {
        if (given[excluded]) expect(password).not.toMatch(pattern);
        else if (given.RequireEachIncludedType !== false && !given.ExcludeCharacters) expect(password).toMatch(pattern);
      }
    }),
  );
});

test('rules that leave no characters, or fewer than the required types, are refused', () => {
  const nothing = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true };
  expect(() => randomPassword(nothing)).toThrow('0 characters');
  expect(() => randomPassword({ PasswordLength: 3 })).toThrow('length 3');
});

test('no two are the same', () => {
  const passwords = Array.from({ length: 100 }, () => randomPassword({}));
  expect(new Set(passwords).size).toBe(100);
});
