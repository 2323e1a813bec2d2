import { Type } from 'typebox';

/** What all services rely on in the response of `auth` to `GET /api/auth/me`. */
export const KeyOwner = Type.Object({ id: Type.String({ format: 'uuid' }), email: Type.String() });
