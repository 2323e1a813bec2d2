import { expect, test } from '@jest/globals';
import { edgePaths } from '../../lib/edge-paths.ts';
import { system as definitions } from '../../lib/system.ts';
import { compileWildcard } from '../../local/http/wildcard.ts';
import { createShopper, type Shopper, type ShopResponse } from '../support/shopper.ts';
import type { System } from '../support/system.ts';

/** The first path pattern that matches applies. */
const isStored = (path: string) =>
  edgePaths(definitions).find(({ pattern }) => compileWildcard(pattern)(path))?.stored !== undefined;
const textOf = ({ body }: ShopResponse) => (typeof body === 'string' ? body : JSON.stringify(body));

/** Returns every path that the documents of the services describe a GET of, and `/`, which is in none. */
async function pathsIn(system: System): Promise<string[]> {
  const { services } = await system.status();
  const documents = services.flatMap(({ name, tasks }) =>
    tasks.slice(0, 1).flatMap(async ({ port }) => {
      if (port === 0) return [];
      const response = await fetch(`http://127.0.0.1:${port}/api/${name}/openapi.json`);
      const { paths } = (await response.json()) as { paths: Record<string, { get?: unknown }> };
      return Object.keys(paths).filter((path) => paths[path]?.get !== undefined);
    }),
  );
  return [...new Set(['/', ...(await Promise.all(documents)).flat()])].toSorted();
}

/** Checks each route that exists, a new one too, with two users and a stranger at the same time. */
export function describePrivateResponses(system: () => System) {
  test('no response for a signed-in user reaches anybody else, and only what is the same for all is stored', async () => {
    const [ada, eve, stranger] = [0, 1, 2].map(() => createShopper(system().edge)) as [Shopper, Shopper, Shopper];
    for (const user of [ada, eve]) await user.register();
    const productId = 'the-shawshank-redemption-1994';
    const order = await ada.order([{ productId, quantity: 1 }]);
    const key = await ada.send('POST', '/api/auth/keys');
    const image = await ada.send('POST', '/api/images', { json: { contentType: 'image/png', productId } });
    const sessions = await ada.send('GET', '/api/auth/sessions');
    const secrets: string[] = [ada.email, order.body.id, key.body.id, image.body.id, sessions.body.items[0].id];
    /** What Ada's own ids are in paths. */
    const ids: Record<string, string> = {
      '/api/products/{id}': productId,
      '/api/products/{id}/images': productId,
      '/api/images/{id}': image.body.id,
      '/api/orders/{id}': order.body.id,
      '/sandbox/charges/{key}': order.body.id,
    };

    const paths = await pathsIn(system());
    expect(paths.length).toBeGreaterThan(8);
    expect(paths.filter((path) => path.includes('{') && ids[path] === undefined)).toEqual([]);
    const personal: string[] = [];
    for (const route of paths) {
      const path = route.replace(/\{\w+\}/, ids[route] ?? '');
      // Together, so that the edge could collapse them; then one after the other, so that it could have stored the first.
      const together = await Promise.all([ada, eve, stranger].map((client) => client.send('GET', path)));
      const [forAda, ...forOthers] = [...together, await eve.send('GET', path), await stranger.send('GET', path)];
      const all = [forAda, ...forOthers];
      if (isStored(path)) {
        for (const { status, headers } of all)
          expect([
            path,
            status,
            headers.get('cache-control'),
            headers.get('set-cookie'),
            headers.get('ratelimit'),
          ]).toEqual([path, 200, expect.stringContaining('public'), null, null]);
        expect(new Set(all.map(textOf)).size).toBe(1);
        expect(all.at(-1)!.headers.get('x-cache')).toBe('Hit from cloudfront');
        const etag = forAda.headers.get('etag') ?? '';
        const again = await stranger.send('GET', path, { headers: { 'if-none-match': etag } });
        expect([path, again.status, again.body]).toEqual([path, 304, '']);
      } else {
        for (const { headers } of all) {
          expect([path, headers.get('x-cache')]).toEqual([path, expect.not.stringMatching('Hit')]);
          expect(headers.get('cache-control') ?? '').not.toContain('public');
        }
        if (secrets.some((secret) => textOf(forAda).includes(secret))) personal.push(route);
      }
      // A 404 repeats the path, which has an id that is Ada's.
      for (const response of forOthers.filter(({ status }) => status < 400))
        expect([path, ...secrets.filter((secret) => textOf(response).includes(secret))]).toEqual([path]);
    }
    // Ada did see what others must not.
    expect(personal).toEqual(
      expect.arrayContaining(['/api/auth/me', '/api/auth/keys', '/api/orders', '/api/orders/{id}']),
    );
  });
}
