import { expect, test } from '@jest/globals';
import { brotliDecompressSync } from 'node:zlib';
import { packedPasswords } from '../../../../app/services/auth/common-passwords.ts';
import { checkNewPassword } from '../../../../app/services/auth/new-password.ts';
import { commonPasswords } from '../../../../scripts/common-passwords.ts';

test('the list is the one of the package', () => {
  const unpacked = brotliDecompressSync(Buffer.from(packedPasswords, 'base64')).toString();
  expect(unpacked.split('\n')).toEqual(commonPasswords());
});

test.each(['12345678', 'password', 'PassWord1', 'iloveyou', 'trustno1', 'ｐａｓｓｗｏｒｄ'])(
  '%s is refused as one of the most common passwords',
  async (password) => {
    await expect(checkNewPassword(password, 'newPassword')).rejects.toMatchObject({
      status: 400,
      errors: [{ field: 'newPassword', detail: 'is one of the most common passwords' }],
    });
  },
);

test.each([
  ['spaces', ' '.repeat(8)],
  ['other white space', '\t\n\u00A0\u2003\u3000\r\v\f'],
  ['invisible characters', '\u200B\u2060\uFEFF\u00AD\u200B\u2060\uFEFF\u00AD'],
])('a password of %s is refused as blank', async (_what, password) => {
  await expect(checkNewPassword(password, 'password')).rejects.toMatchObject({
    status: 400,
    errors: [{ field: 'password', detail: 'is blank' }],
  });
});

test('any other password is accepted', async () => {
  for (const password of ['correct horse', 'Tr0ub4dor&3', '  padded  with spaces ', 'пароль-из-слов'])
    await expect(checkNewPassword(password, 'password')).resolves.toBeUndefined();
});
