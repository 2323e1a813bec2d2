import { Type } from 'typebox';

// 254 is the longest address that SMTP can carry (RFC 5321, 4.5.3.1.3, less the angle brackets).
export const Email = Type.String({ format: 'email', maxLength: 254 });
export const Password = Type.String({ maxLength: 1024 });
export const NewPassword = Type.String({ minLength: 8, maxLength: 1024 });
/** The 16 bytes of a user's id and 32 others, as base64url. */
export const Token = Type.String({ pattern: '^[\\w-]{64}$' });
/** A 202 without a body. */
export const Accepted = Type.Unsafe<undefined>(Type.Null());
