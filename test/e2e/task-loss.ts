import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { createShopper } from '../support/shopper.ts';
import type { System } from '../support/system.ts';

/** A read that no cache responds to, so that it reaches a task. */
const uncached = '?ids=the-shawshank-redemption-1994';

/**
 * Checks what clients see while a task is killed with -9. A request that the task is processing fails with 502, as with
 * the real load balancer. A retry after 100 ms succeeds, since the task has left its target group by then.
 */
export function describeTaskLoss(system: () => System) {
  test('when a catalog task is killed under load, reads continue and the task is replaced', async () => {
    // Many clients, of which none sends more than its limit.
    const shoppers = Array.from({ length: 100 }, () => createShopper(system().edge));
    let turn = 0;
    const catalog = async () => (await system().status()).services.find(({ name }) => name === 'catalog');
    const before = await catalog();
    expect(before).toMatchObject({ desired: 2, healthy: 2 });
    const victim = before?.tasks[0];

    let reading = true;
    const seen = { succeeded: 0, retried: 0, failed: 0 };
    const reader = async () => {
      while (reading) {
        const shopper = shoppers[(turn += 1) % shoppers.length]!;
        let { status } = await shopper.products(uncached);
        if (status >= 500) {
          seen.retried += 1;
          await sleep(100);
          ({ status } = await shopper.products(uncached));
        }
        if (status === 200) seen.succeeded += 1;
        else seen.failed += 1;
      }
    };
    const readers = [reader(), reader(), reader(), reader()];
    try {
      await sleep(300);
      process.kill(victim?.pid ?? 0, 'SIGKILL');
      await eventually(async () => {
        const after = await catalog();
        expect(after?.healthy).toBe(2);
        expect(after?.tasks.map(({ id }) => id)).not.toContain(victim?.id);
      });
    } finally {
      reading = false;
      await Promise.all(readers);
    }

    expect(seen.succeeded).toBeGreaterThan(100);
    expect(seen.failed).toBe(0);
    // Only requests that were sent to the killed task before it left the target group fail: at most two per reader.
    expect(seen.retried).toBeLessThanOrEqual(2 * readers.length);
  });
}
