import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

import { dictionary } from '@zxcvbn-ts/language-common';

/**
 * Returns the 5,000 most common passwords that are long enough to be chosen, sorted. All 49,000 of the package would make
 * the bundle of `auth` 0.4 MB larger.
 */
export function commonPasswords(): string[] {
  const normalized = dictionary['passwords-common'].map((password) => password.normalize('NFKC').toLowerCase());
  return [...new Set(normalized.filter(({ length }) => length >= 8))].slice(0, 5_000).toSorted();
}

const file = join(import.meta.dirname, '../app/services/auth/common-passwords.ts');

if (import.meta.main) {
  const packed = brotliCompressSync(commonPasswords().join('\n')).toString('base64');
  writeFileSync(
    file,
    `/**
 * The 5,000 most common passwords of 8 characters and more, in lower case: sorted lines, as Brotli in base64. Written by
 * \`node scripts/common-passwords.ts\` from @zxcvbn-ts/language-common (MIT).
 */
export const packedPasswords =
  '${packed}';
`,
  );
}
