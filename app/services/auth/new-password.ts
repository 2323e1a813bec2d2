import { Problem } from '../../kit/problem.ts';

/**
 * @throws Problem 400 naming `field` if a new password is blank or one of the most common ones, in any case. NIST SP 800-63B,
 * 3.1.1.2, asks for the comparison, and for no rules about kinds of characters.
 */
export async function checkNewPassword(password: string, field: string): Promise<void> {
  const fault = await faultOf(password.normalize('NFKC').toLowerCase());
  if (fault !== undefined)
    throw new Problem(400, 'Invalid request', {
      detail: 'Choose another password.',
      errors: [{ field, detail: fault }],
    });
}

async function faultOf(password: string): Promise<string | undefined> {
  if (!/[^\p{White_Space}\p{C}]/u.test(password)) return 'is blank';
  return (await (common ??= load())).has(password) ? 'is one of the most common passwords' : undefined;
}

/** Loaded on first use: unpacking the list would delay the start of the service. */
let common: Promise<ReadonlySet<string>> | undefined;

async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
}
