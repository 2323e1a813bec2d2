import { Type } from 'typebox';
import type { App } from '../../kit/app.ts';
import { contentOf } from '../../kit/cache/entry.ts';
import { publicForSeconds, sendContent } from '../../kit/cache/send.ts';
import { databaseProblems } from '../../kit/openapi.ts';
import { PageOf } from '../../kit/page.ts';
import type { Flag } from './flag.ts';

const Flag = Type.Object({ name: Type.String(), enabled: Type.Boolean() });

export function addFlagRoutes(app: App, flags: () => Promise<Flag[]>): void {
  app.get(
    '/api/flags',
    {
      schema: {
        summary: 'Feature flags, by name',
        description: 'All of them on one page. A change takes up to five minutes to reach every task.',
        problems: databaseProblems,
        response: { 200: PageOf(Flag) },
      },
    },
    async (request, reply) => {
      const content = contentOf(
        JSON.stringify({ items: await flags(), nextCursor: null }),
        'application/json; charset=utf-8',
      );
      return sendContent(request, reply, content, publicForSeconds);
    },
  );
}
