import { Type } from 'typebox';

/** Published by `auth` when somebody forgot the password of a user whose address is confirmed; `mailer` receives it. */
export const ResetRequested = {
  type: 'reset.requested',
  payload: Type.Object({
    userId: Type.String({ format: 'uuid' }),
    email: Type.String({ format: 'email' }),
    /** The page that sets a new password. Works once, for an hour. */
    link: Type.String(),
  }),
} as const;
