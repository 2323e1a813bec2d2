import { Type } from 'typebox';
import type { App } from '../../kit/app.ts';
import { perLogin } from '../../kit/limit.ts';
import { databaseProblems, signedIn } from '../../kit/openapi.ts';
import { Problem } from '../../kit/problem.ts';
import { strictObject } from '../../kit/schema.ts';
import { requireUser, signIn, signOut } from '../../kit/sessions.ts';
import { checkAddress } from './address.ts';
import { createToken, siteOf } from './mailed-token.ts';
import { reservedSeconds } from './addresses.ts';
import { checkNewPassword } from './new-password.ts';
import { hashPassword, verifyPassword } from './password.ts';
import { addPasswordRoutes } from './password-routes.ts';
import { addKeyRoutes } from './key-routes.ts';
import type { RouteParts } from './parts.ts';
import { Email, NewPassword, Password } from './schemas.ts';
import { addSessionRoutes } from './session-routes.ts';
import { addVerificationRoutes } from './verification-routes.ts';

const Registration = strictObject({ email: Email, password: NewPassword });
const Login = strictObject({ email: Email, password: Password });
const User = Type.Object({ id: Type.String({ format: 'uuid' }), email: Type.String() });

export function addRoutes(app: App, parts: RouteParts): void {
  const { store, siteUrl, onCommit } = parts;
  app.post(
    '/api/auth/register',
    {
      schema: {
        summary: 'Registers a user and signs in; a mail asks to confirm the address',
        body: Registration,
        problems: [409, ...databaseProblems],
        response: { 201: User },
      },
    },
    async (request, reply) => {
      const { email, password } = request.body;
      checkAddress(email, 'email');
      await checkNewPassword(password, 'password');
      const token = createToken(siteOf(request, siteUrl));
      const added = await store.add(email.toLowerCase(), await hashPassword(password), token);
      if (added === 'taken') {
        throw new Problem(409, 'Already registered', {
          detail: 'There is an account with this e-mail address: log in instead.',
          errors: [{ field: 'email', detail: 'is taken' }],
        });
      }
      if (added === 'reserved') {
        throw new Problem(409, 'Registration under way', {
          detail: 'Another registration with this e-mail address is not finished: try again later.',
          headers: { 'retry-after': String(reservedSeconds) },
        });
      }
      onCommit();
      await signIn(request, reply, added);
      return reply.code(201).send(added);
    },
  );

  app.post(
    '/api/auth/login',
    {
      config: { limit: perLogin },
      schema: { summary: 'Signs in', body: Login, problems: [401, ...databaseProblems], response: { 200: User } },
    },
    async (request, reply) => {
      const found = await store.find(request.body.email.toLowerCase());
      const matches = await verifyPassword(request.body.password, found?.passwordHash);
      if (!found || !matches) throw wrongPassword();
      const { id, email, passwordHash } = found;
      await signIn(request, reply, { id, email });
      // The password may have been changed meanwhile, which ends all sessions that exist then.
      if (!(await store.hasPassword(id, passwordHash))) {
        await signOut(request, reply);
        throw wrongPassword();
      }
      return { id, email };
    },
  );

  app.post(
    '/api/auth/logout',
    { schema: { summary: 'Signs out', problems: [503], response: { 204: Type.Null() } } },
    async (request, reply) => {
      await signOut(request, reply);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/api/auth/me',
    { schema: { summary: 'The signed-in user', security: signedIn, response: { 200: User } } },
    async (request) => requireUser(request),
  );

  addVerificationRoutes(app, parts);
  addPasswordRoutes(app, parts);
  addSessionRoutes(app);
  addKeyRoutes(app, parts.keys);
}

const wrongPassword = () => new Problem(401, 'Wrong e-mail address or password');
