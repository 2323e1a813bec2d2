import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createShopper } from '../support/shopper.ts';
import type { System } from '../support/system.ts';

/** Sessions of PostgreSQL publish their counters after 10 s of idle time (PGSTAT_IDLE_INTERVAL). */
const statisticsDelayMs = 11_000;

/** Checks with the statistics of each PostgreSQL server which one served reads and writes. */
export function describeReadRouting(system: () => System) {
  async function counters(role: 'primary' | 'replica') {
    const [row] = await system().query(
      role,
      `select (select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) from pg_stat_user_tables
                where schemaname = 'catalog' and relname = 'products') as "productScans",
              (select n_tup_ins from pg_stat_user_tables
                where schemaname = 'orders' and relname = 'orders') as "ordersInserted"`,
    );
    return { productScans: Number(row.productScans), ordersInserted: Number(row.ordersInserted) };
  }

  test('each page of the catalogue is read once, from the replica, and orders are written to the primary only', async () => {
    const shopper = createShopper(system().edge);
    await shopper.register();
    const [product] = (await shopper.products('?limit=1')).body.items;
    await sleep(statisticsDelayMs);
    const before = { primary: await counters('primary'), replica: await counters('replica') };

    // Pages that no other test reads, so that no cache has them before.
    const pages = Array.from({ length: 20 }, (_, i) => `?limit=${80 + i}`);
    for (const page of [...pages, ...pages]) expect((await shopper.products(page)).status).toBe(200);
    expect(await shopper.order([{ productId: product.id, quantity: 1 }])).toMatchObject({ status: 201 });
    await sleep(statisticsDelayMs);
    const after = { primary: await counters('primary'), replica: await counters('replica') };

    // 20 pages, and one look-up of the price for the order.
    expect(after.replica.productScans - before.replica.productScans).toBe(21);
    expect(after.primary.productScans - before.primary.productScans).toBe(0);
    expect(after.primary.ordersInserted - before.primary.ordersInserted).toBe(1);
    expect(after.replica.ordersInserted - before.replica.ordersInserted).toBe(0);
  });

  test('the replica refuses writes and has the rows of the primary', async () => {
    await expect(system().query('replica', 'create table public.t (a int)')).rejects.toThrow('read-only');
    const [orders] = await system().query('replica', 'select count(*)::int as count from orders.orders');
    expect(orders.count).toBeGreaterThan(0);
  });
}
