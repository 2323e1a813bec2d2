import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { invalidField } from '../../kit/problem.ts';
import { packedPasswords } from './common-passwords.ts';

/**
 * @throws Problem 400 naming `field` if a new password is blank or one of the most common ones, in any case. NIST SP 800-63B-4,
 * 3.1.1.2, asks for the comparison, and for no rules about kinds of characters.
 */
export async function checkNewPassword(password: string, field: string): Promise<void> {
  const fault = await faultOf(password.normalize('NFKC').toLowerCase());
  if (fault !== undefined) throw invalidField(field, fault, 'Choose another password.');
}

async function faultOf(password: string): Promise<string | undefined> {
  if (!/[^\p{White_Space}\p{C}]/u.test(password)) return 'is blank';
  return (await (common ??= unpack())).has(password) ? 'is one of the most common passwords' : undefined;
}

/** Unpacked on first use, not when the service starts. */
let common: Promise<ReadonlySet<string>> | undefined;

async function unpack(): Promise<ReadonlySet<string>> {
  const lines = await promisify(brotliDecompress)(Buffer.from(packedPasswords, 'base64'));
  return new Set(lines.toString().split('\n'));
}
