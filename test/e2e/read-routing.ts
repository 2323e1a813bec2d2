import { expect, test } from '@jest/globals';
import pg from 'pg';
import { createShopper } from '../support/shopper.ts';
import type { System } from '../support/system.ts';

/**
 * PostgreSQL's own statistics tell who did what. They are per database and server: `tup_inserted` and `tup_updated`
 * count written rows, `pg_stat_user_tables.seq_scan + idx_scan` counts reads of a table.
 */
export function describeReadRouting(system: () => System) {
  async function on<T>(role: 'primary' | 'replica', work: (client: pg.Client) => Promise<T>): Promise<T> {
    const { databases } = await system().status();
    const url = databases.find((database) => database.role === role)?.url;
    const client = new pg.Client({ connectionString: url, ssl: { rejectUnauthorized: false } });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Scans of catalog's products table so far. A server publishes its sessions' counters within about a second. */
  async function productScans(role: 'primary' | 'replica'): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    return on(role, async (client) => {
      const { rows } = await client.query(
        `select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) as scans
           from pg_stat_user_tables where schemaname = 'catalog' and relname = 'products'`,
      );
      return Number(rows[0].scans);
    });
  }

  test('catalogue reads are answered by the replica only', async () => {
    const shopper = createShopper(system().edge);
    const before = { primary: await productScans('primary'), replica: await productScans('replica') };
    for (let i = 0; i < 20; i += 1) expect((await shopper.products()).status).toBe(200);
    expect((await productScans('replica')) - before.replica).toBeGreaterThanOrEqual(20);
    expect((await productScans('primary')) - before.primary).toBe(0);
  });

  test('writes are seen on the primary only: the replica refuses them and holds what the primary wrote', async () => {
    const shopper = createShopper(system().edge);
    const [product] = (await shopper.products('?limit=1')).body.items;
    const written = () =>
      on('primary', async (client) => {
        await client.query('select pg_stat_clear_snapshot()');
        const { rows } = await client.query(`select n_tup_ins from pg_stat_user_tables
           where schemaname = 'orders' and relname = 'orders'`);
        return Number(rows[0].n_tup_ins);
      });
    const before = await written();
    await shopper.register();
    expect(await shopper.order([{ productId: product.id, quantity: 1 }])).toMatchObject({ status: 201 });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await written()) - before).toBe(1);

    await on('replica', async (client) => {
      const { rows } = await client.query('select pg_is_in_recovery() as standby');
      expect(rows[0].standby).toBe(true);
      await expect(client.query('create table public.t (a int)')).rejects.toThrow('read-only');
      const orders = await client.query('select id from orders.orders');
      expect(orders.rowCount).toBeGreaterThan(0);
    });
  });
}
