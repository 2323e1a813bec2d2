import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { createShopper, type Shopper } from '../support/shopper.ts';
import type { System } from '../support/system.ts';

/** A read that no cache responds to, so that it reaches a task. */
const uncached = '?ids=the-shawshank-redemption-1994';

/**
 * Checks what clients see while a task is killed with -9. A request that the task is processing fails with 502, as with
 * the real load balancer, and the CDN sends it once more.
 */
export function describeTaskLoss(system: () => System) {
  const catalog = async () => (await system().status()).services.find(({ name }) => name === 'catalog');

  /**
   * Kills a catalog task while the readers read, and waits until it is replaced. Until then the task is suspended for a
   * while, so that requests are under way in it.
   */
  async function killTaskUnder(readers: readonly (() => Promise<void>)[], suspendedMs = 0): Promise<void> {
    const before = await catalog();
    expect(before).toMatchObject({ desired: 2, healthy: 2 });
    const victim = before?.tasks[0];
    let reading = true;
    const loops = readers.map(async (read) => {
      while (reading) await read();
    });
    try {
      await sleep(300);
      if (suspendedMs > 0) {
        process.kill(victim?.pid ?? 0, 'SIGSTOP');
        await sleep(suspendedMs);
      }
      process.kill(victim?.pid ?? 0, 'SIGKILL');
      await eventually(async () => {
        const after = await catalog();
        expect(after?.healthy).toBe(2);
        expect(after?.tasks.map(({ id }) => id)).not.toContain(victim?.id);
      });
    } finally {
      reading = false;
      await Promise.all(loops);
    }
  }

  /** Many clients in turn, of which none sends more than its limit. */
  function inTurn(): () => Shopper {
    const shoppers = Array.from({ length: 100 }, () => createShopper(system().edge));
    let turn = 0;
    return () => shoppers[(turn += 1) % shoppers.length]!;
  }

  // The second attempt may reach the killed task too, which has left its target group 100 ms later.
  test('when a catalog task is killed under load, reads continue and the task is replaced', async () => {
    const next = inTurn();
    const seen = { succeeded: 0, retried: 0, failed: 0 };
    const reader = async () => {
      const shopper = next();
      let { status } = await shopper.products(uncached);
      if (status >= 500) {
        seen.retried += 1;
        await sleep(100);
        ({ status } = await shopper.products(uncached));
      }
      if (status === 200) seen.succeeded += 1;
      else seen.failed += 1;
    };
    const readers = [reader, reader, reader, reader];
    await killTaskUnder(readers);

    expect(seen.succeeded).toBeGreaterThan(100);
    expect(seen.failed).toBe(0);
    // Only requests that were sent to the killed task before it left the target group fail: at most two per reader.
    expect(seen.retried).toBeLessThanOrEqual(2 * readers.length);
  });

  test('when a catalog task is killed, visitors see no failure, neither of stored pages nor of new ones', async () => {
    const next = inTurn();
    const statuses: number[] = [];
    const visit = async (path: string) => {
      const response = await next().send('GET', path);
      statuses.push(response.status);
      return response;
    };
    // One new page at a time: the load balancer takes turns, so the second attempt reaches the other task.
    let cursor: string | undefined;
    const pager = async () => {
      const { body } = await visit(`/api/products?limit=3${cursor ? `&cursor=${cursor}` : ''}`);
      cursor = body.nextCursor;
    };
    const stored = ['/', '/api/products', '/api/flags'].map((path) => async () => void (await visit(path)));
    await killTaskUnder([pager, ...stored], 200);
    expect(statuses.length).toBeGreaterThan(100);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });
}
