import { Type } from 'typebox';

/** Published by `auth` when a user registers, or asks for the mail again; `mailer` receives it. */
export const VerificationRequested = {
  type: 'verification.requested',
  payload: Type.Object({
    userId: Type.String({ format: 'uuid' }),
    email: Type.String({ format: 'email' }),
    /** The page that confirms the address. Works once, for a day. */
    link: Type.String(),
  }),
} as const;
