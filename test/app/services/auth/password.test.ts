import { expect, test } from '@jest/globals';
import { hashPassword, verifyPassword } from '../../../../app/services/auth/password.ts';

test('a hash includes its parameters and differs each time', async () => {
  const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(one).not.toBe(two);
});

test('a hash verifies its password, and no other', async () => {
  const hash = await hashPassword('correct horse');
  expect(await verifyPassword('correct horse', hash)).toBe(true);
  expect(await verifyPassword('correct hors', hash)).toBe(false);
});

test('a hash with other parameters is verified with those', async () => {
  // A vector from the tests of the reference implementation (P-H-C/phc-winner-argon2, src/test.c).
  const foreign = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await verifyPassword('password', foreign)).toBe(true);
});

test('a password matches in any Unicode normalization form', async () => {
  expect(await verifyPassword('pässword', await hashPassword('pa\u0308ssword'))).toBe(true);
});

test('without a hash no password is right', async () => {
  expect(await verifyPassword('correct horse', undefined)).toBe(false);
});

test('calls beyond the limit of those that wait get a 503 with Retry-After', async () => {
  const cheap = `$argon2id$v=19$m=8,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
  const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => verifyPassword('x', cheap)));
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused).toHaveLength(8);
  expect(refused[0]?.reason).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
});
