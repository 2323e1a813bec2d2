import { Type } from 'typebox';
import type { App } from '../../kit/app.ts';
import { withSession } from '../../kit/openapi.ts';
import { defaultLimit, PageOf, pageQuery, readCursor, toPage } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.ts';
import { requireSession, signOut } from '../../kit/sessions.ts';

const Id = Type.String({ pattern: '^[\\w-]{43}$' });
const Session = Type.Object({
  id: Id,
  createdAt: Type.String({ format: 'date-time' }),
  userAgent: Type.String(),
  /** Whether it is the session of this request. */
  current: Type.Boolean(),
});
const Position = Type.Object({ createdAt: Type.Integer(), id: Id });

/** The routes by which users see and end their sessions. */
export function addSessionRoutes(app: App): void {
  app.get(
    '/api/auth/sessions',
    {
      schema: {
        summary: 'Your sessions, newest first',
        security: withSession,
        querystring: Type.Object(pageQuery),
        response: { 200: PageOf(Session) },
      },
    },
    async (request) => {
      const { id: current, user } = requireSession(request);
      const { limit = defaultLimit, cursor } = request.query;
      const after = cursor === undefined ? undefined : readCursor(Position, cursor);
      const all = await request.sessionStore.list(user.id);
      const rest = after === undefined ? all : all.filter((session) => isOlder(session, after));
      const { items, nextCursor } = toPage(rest, limit, ({ createdAt, id }) => ({ createdAt, id }));
      const shown = items.map(({ id, createdAt, userAgent }) => ({
        id,
        createdAt: new Date(createdAt).toISOString(),
        userAgent,
        current: id === current,
      }));
      return { items: shown, nextCursor };
    },
  );

  app.delete(
    '/api/auth/sessions/:id',
    {
      schema: {
        summary: 'Ends one of your sessions',
        security: withSession,
        problems: [404],
        params: Type.Object({ id: Id }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { id: current, user } = requireSession(request);
      const { id } = request.params;
      if (id === current) await signOut(request, reply);
      else if (!(await request.sessionStore.endOne(user.id, id)))
        throw new Problem(404, 'No such session', { detail: `You have no session ${id}.` });
      return reply.code(204).send(null);
    },
  );
}

function isOlder(a: { createdAt: number; id: string }, b: { createdAt: number; id: string }): boolean {
  return a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.id < b.id);
}
