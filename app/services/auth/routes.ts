import { Type } from 'typebox';
import type { App } from '../../kit/app.ts';
import { Problem } from '../../kit/problem.ts';
import { strictObject } from '../../kit/schema.ts';
import { requireUser, signIn, signOut } from '../../kit/sessions.ts';
import { checkAddress } from './address.ts';
import { checkNewPassword } from './new-password.ts';
import { hashPassword, verifyPassword } from './password.ts';
import type { UserStore } from './user.ts';

// 254 is the longest address that SMTP can carry (RFC 5321, 4.5.3.1.3, less the angle brackets).
const Email = Type.String({ format: 'email', maxLength: 254 });
const Registration = strictObject({ email: Email, password: Type.String({ minLength: 8, maxLength: 1024 }) });
const Login = strictObject({ email: Email, password: Type.String({ maxLength: 1024 }) });
const User = Type.Object({ id: Type.String(), email: Type.String() });

export interface RouteParts {
  readonly store: UserStore;
}

export function addRoutes(app: App, { store }: RouteParts): void {
  app.post(
    '/api/auth/register',
    { schema: { summary: 'Registers a user and signs in', body: Registration, response: { 201: User } } },
    async (request, reply) => {
      checkAddress(request.body.email, 'email');
      await checkNewPassword(request.body.password, 'password');
      const added = await store.add(request.body.email.toLowerCase(), await hashPassword(request.body.password));
      if (!added) {
        throw new Problem(409, 'Already registered', {
          detail: 'There is an account with this e-mail address: log in instead.',
          errors: [{ field: 'email', detail: 'is taken' }],
        });
      }
      await signIn(request, reply, added);
      return reply.code(201).send(added);
    },
  );

  app.post(
    '/api/auth/login',
    { schema: { summary: 'Signs in', body: Login, response: { 200: User } } },
    async (request, reply) => {
      const found = await store.find(request.body.email.toLowerCase());
      const matches = await verifyPassword(request.body.password, found?.passwordHash);
      if (!found || !matches) throw new Problem(401, 'Wrong e-mail address or password');
      const { id, email } = found;
      await signIn(request, reply, { id, email });
      return { id, email };
    },
  );

  app.post(
    '/api/auth/logout',
    { schema: { summary: 'Signs out', response: { 204: Type.Null() } } },
    async (request, reply) => {
      await signOut(request, reply);
      return reply.code(204).send(null);
    },
  );

  app.get('/api/auth/me', { schema: { summary: 'The signed-in user', response: { 200: User } } }, async (request) =>
    requireUser(request),
  );
}
