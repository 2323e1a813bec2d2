import { Type } from 'typebox';
import type { App } from '../../kit/app.ts';
import { databaseProblems, signedIn } from '../../kit/openapi.ts';
import { invalidField } from '../../kit/problem.ts';
import { strictObject } from '../../kit/schema.ts';
import { requireUser } from '../../kit/sessions.ts';
import { AnyQuery } from '../../kit/validate.ts';
import { createToken, pages, readToken, siteOf } from './mailed-token.ts';
import { sendPage, verificationPage } from './pages.ts';
import type { RouteParts } from './parts.ts';
import { Accepted, Token } from './schemas.ts';

/** The routes by which the owner of an address confirms it. */
export function addVerificationRoutes(app: App, { store, siteUrl, onCommit }: RouteParts): void {
  app.get(pages.verify, { schema: { hide: true, querystring: AnyQuery } }, (_request, reply) =>
    sendPage(reply, verificationPage),
  );

  app.post(
    pages.verify,
    {
      schema: {
        summary: 'Confirms the address that a verification mail was sent to',
        body: strictObject({ token: Token }),
        problems: databaseProblems,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      if (!(await store.verify(readToken(request.body.token)))) throw invalidToken();
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/auth/verification',
    {
      schema: {
        summary: 'Sends the verification mail again, unless your address is confirmed',
        security: signedIn,
        problems: databaseProblems,
        response: { 202: Accepted },
      },
    },
    async (request, reply) => {
      await store.requestVerification(requireUser(request).id, createToken(siteOf(request, siteUrl)));
      onCommit();
      return reply.code(202).send(undefined);
    },
  );
}

export const invalidToken = () =>
  invalidField('token', 'is not valid', 'The link was used before, or is too old. Request a new mail.');
