import { randomInt } from 'node:crypto';

/** The parameters of GetRandomPassword. */
export interface PasswordRules {
  /** @default 32 */
  readonly PasswordLength?: number;
  readonly ExcludeCharacters?: string;
  readonly ExcludeLowercase?: boolean;
  readonly ExcludeUppercase?: boolean;
  readonly ExcludeNumbers?: boolean;
  readonly ExcludePunctuation?: boolean;
  readonly IncludeSpace?: boolean;
  /** @default true */
  readonly RequireEachIncludedType?: boolean;
}

/**
 * Returns a random password.
 * @throws Error when the rules leave no characters, or the length is less than the number of required types
 */
export function randomPassword(rules: PasswordRules): string {
  const length = rules.PasswordLength ?? 32;
  const types = [
    rules.ExcludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    rules.ExcludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    rules.ExcludeNumbers ? '' : '0123456789',
    rules.ExcludePunctuation ? '' : '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    rules.IncludeSpace ? ' ' : '',
  ]
    .map((type) => type.split('').filter((character) => !rules.ExcludeCharacters?.includes(character)))
    .filter((type) => type.length > 0);
  const all = types.flat();
  const firsts = rules.RequireEachIncludedType === false ? [] : types;
  if (all.length === 0 || !Number.isInteger(length) || length < Math.max(1, firsts.length) || length > 4096) {
    throw new Error(`No password of length ${length} can be made of ${all.length} characters of ${types.length} types`);
  }
  const password = firsts.map(pick);
  while (password.length < length) password.push(pick(all));
  // Fisher-Yates shuffle, so that the required types are not always the first characters.
  for (let last = password.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [password[last], password[other]] = [password[other] ?? '', password[last] ?? ''];
  }
  return password.join('');
}

const pick = (characters: readonly string[]): string => characters[randomInt(characters.length)] ?? '';
