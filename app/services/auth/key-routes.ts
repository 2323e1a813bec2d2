import { Type } from 'typebox';
import type { App } from '../../kit/app.ts';
import { databaseProblems, withSession } from '../../kit/openapi.ts';
import { PageOf } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.ts';
import { requireSession } from '../../kit/sessions.ts';
import { createKey, maxKeys, type ApiKey } from './api-key.ts';
import type { KeyStore } from './key-store.ts';

const Id = Type.String({ format: 'uuid' });
const Key = Type.Object({ id: Id, prefix: Type.String(), createdAt: Type.String({ format: 'date-time' }) });
const NewKey = Type.Object({ ...Key.properties, key: Type.String() });

const shown = ({ id, prefix, createdAt }: ApiKey) => ({ id, prefix, createdAt: createdAt.toISOString() });

/** The routes by which users make, see and revoke their API keys. They take a session: a key makes no other keys. */
export function addKeyRoutes(app: App, keys: KeyStore): void {
  app.post(
    '/api/auth/keys',
    {
      schema: {
        summary: 'Creates an API key, which is shown this once: send it as X-Api-Key',
        security: withSession,
        problems: [409, ...databaseProblems],
        response: { 201: NewKey },
      },
    },
    async (request, reply) => {
      const { user } = requireSession(request);
      const { key, prefix } = createKey(user.id);
      const added = await keys.add(user.id, key, prefix);
      if (added === undefined) {
        throw new Problem(409, 'Too many API keys', {
          detail: `You have ${maxKeys} API keys, the most there may be: revoke one first.`,
        });
      }
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...shown(added), key });
    },
  );

  app.get(
    '/api/auth/keys',
    {
      schema: {
        summary: 'Your API keys, newest first',
        security: withSession,
        problems: databaseProblems,
        response: { 200: PageOf(Key) },
      },
    },
    // A user has few enough for one page.
    async (request) => ({
      items: (await keys.list(requireSession(request).user.id)).map(shown),
      nextCursor: null,
    }),
  );

  app.delete(
    '/api/auth/keys/:id',
    {
      schema: {
        summary: 'Revokes one of your API keys: it is refused from now on',
        security: withSession,
        problems: [404, ...databaseProblems],
        params: Type.Object({ id: Id }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!(await keys.revoke(requireSession(request).user.id, id)))
        throw new Problem(404, 'No such API key', { detail: `You have no API key ${id}.` });
      return reply.code(204).send(null);
    },
  );
}
