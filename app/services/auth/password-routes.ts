import { setTimeout as sleep } from 'node:timers/promises';
import { Type } from 'typebox';
import type { App } from '../../kit/app.ts';
import { databaseProblems, withSession } from '../../kit/openapi.ts';
import { Problem } from '../../kit/problem.ts';
import { strictObject } from '../../kit/schema.ts';
import { requireSession } from '../../kit/sessions.ts';
import { AnyQuery } from '../../kit/validate.ts';
import { createToken, pages, readToken, siteOf } from './mailed-token.ts';
import { checkNewPassword } from './new-password.ts';
import { resetPage, sendPage } from './pages.ts';
import { hashPassword, verifyPassword } from './password.ts';
import type { RouteParts } from './parts.ts';
import { Accepted, Email, NewPassword, Password, Token } from './schemas.ts';
import { invalidToken } from './verification-routes.ts';

/**
 * How soon a request for a reset gets its response, in ms: many times as long as it takes. The event that is published for a
 * known address makes the next requests slower, by 4 ms where this was measured.
 */
export const resetMs = 200;

/** The routes that change a password, by the old one or by mail. */
export function addPasswordRoutes(app: App, { store, siteUrl, onCommit }: RouteParts): void {
  app.post(
    '/api/auth/password',
    {
      schema: {
        summary: 'Changes your password and ends your other sessions',
        body: strictObject({ currentPassword: Password, newPassword: NewPassword }),
        security: withSession,
        problems: [403, ...databaseProblems],
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { id: current, user } = requireSession(request);
      const { currentPassword, newPassword } = request.body;
      await checkNewPassword(newPassword, 'newPassword');
      const found = await store.find(user.email);
      const matches = await verifyPassword(currentPassword, found?.passwordHash);
      if (!found || !matches) throw wrongCurrent();
      const change = { id: user.id, oldHash: found.passwordHash, newHash: await hashPassword(newPassword) };
      const changed = await store.changePassword(change, (userId) => request.sessionStore.endAll(userId, current));
      if (!changed) throw wrongCurrent();
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/auth/password/reset',
    {
      schema: {
        summary: 'Mails a link to set a new password, if there is an account with this address',
        body: strictObject({ email: Email }),
        problems: databaseProblems,
        response: { 202: Accepted },
      },
    },
    async (request, reply) => {
      const soonest = sleep(resetMs);
      await store.requestReset(request.body.email.toLowerCase(), createToken(siteOf(request, siteUrl)));
      onCommit();
      await soonest;
      return reply.code(202).send(undefined);
    },
  );

  app.get(pages.reset, { schema: { hide: true, querystring: AnyQuery } }, (_request, reply) =>
    sendPage(reply, resetPage),
  );

  app.post(
    pages.reset,
    {
      schema: {
        summary: 'Sets a new password with the token of a mailed link, and ends all your sessions',
        body: strictObject({ token: Token, password: NewPassword }),
        problems: databaseProblems,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { password } = request.body;
      await checkNewPassword(password, 'password');
      const token = readToken(request.body.token);
      // Looked up first: hashing a password is expensive, and anybody can send made-up tokens.
      const done =
        (await store.isReset(token)) &&
        (await store.reset(token, await hashPassword(password), (userId) => request.sessionStore.endAll(userId)));
      if (!done) throw invalidToken();
      return reply.code(204).send(null);
    },
  );
}

const wrongCurrent = () =>
  new Problem(403, 'Wrong password', { errors: [{ field: 'currentPassword', detail: 'is not your password' }] });
