import { Type } from 'typebox';
import { Problem } from '../../kit/problem.ts';
import type { App } from '../../kit/server.ts';
import { requireUser, signIn, signOut } from '../../kit/sessions.ts';
import { hashPassword, verifyPassword } from './password.ts';
import type { Users } from './store.ts';

// 254 is the longest address that SMTP can carry (RFC 5321, 4.5.3.1.3, less the angle brackets).
const email = Type.String({ format: 'email', maxLength: 254 });
const registration = Type.Object(
  { email, password: Type.String({ minLength: 8, maxLength: 1024 }) },
  { additionalProperties: false },
);
const login = Type.Object({ email, password: Type.String({ maxLength: 1024 }) }, { additionalProperties: false });
const user = Type.Object({ id: Type.String(), email: Type.String() });

export function addRoutes(app: App, users: Users): void {
  app.post(
    '/api/auth/register',
    { schema: { body: registration, response: { 201: user } } },
    async (request, reply) => {
      const added = await users.add(request.body.email.toLowerCase(), await hashPassword(request.body.password));
      if (!added) {
        throw new Problem(409, 'Already registered', {
          detail: 'There is an account with this e-mail address: log in instead.',
          errors: [{ field: 'email', detail: 'is taken' }],
        });
      }
      await signIn(request, added);
      return reply.code(201).send(added);
    },
  );

  app.post('/api/auth/login', { schema: { body: login, response: { 200: user } } }, async (request) => {
    const found = await users.find(request.body.email.toLowerCase());
    const right = await verifyPassword(request.body.password, found?.passwordHash);
    if (!found || !right) throw new Problem(401, 'Wrong e-mail address or password');
    const { id, email: address } = found;
    await signIn(request, { id, email: address });
    return { id, email: address };
  });

  app.post('/api/auth/logout', { schema: { response: { 204: Type.Null() } } }, async (request, reply) => {
    await signOut(request, reply);
    return reply.code(204).send(null);
  });

  app.get('/api/auth/me', { schema: { response: { 200: user } } }, async (request) => requireUser(request));
}
