import { globSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');
const kit = join(root, 'app/kit/migrations');

/** The files of the kit that a folder of migrations links to, in order, by the kit's folder. */
function linksOf(folder: string): Record<string, string[]> {
  const targets = readdirSync(folder)
    .toSorted()
    .map((file) => realpathSync(join(folder, file)));
  return Object.groupBy(
    targets.filter((target) => !target.startsWith(folder)).map((target) => relative(kit, target)),
    (target) => dirname(target),
  ) as Record<string, string[]>;
}

const folders = globSync('app/{services,workers}/*/migrations', { cwd: root }).map((folder) => join(root, folder));

test.each(folders)('%s links to all migrations of a kit table, in order, or to none', (folder) => {
  for (const [table, links] of Object.entries(linksOf(folder))) {
    const owned = readdirSync(join(kit, table)).toSorted();
    expect(links.map((link) => basename(link))).toEqual(owned);
  }
});

test('orders and payments link to the tables of the kit that they use', () => {
  expect(Object.keys(linksOf(join(root, 'app/services/orders/migrations')))).toEqual(['idempotency_keys', 'outbox']);
  expect(Object.keys(linksOf(join(root, 'app/services/payments/migrations')))).toEqual(['outbox']);
});
