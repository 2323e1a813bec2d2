import type { Logger } from 'pino';
import type { PaymentStore } from './payment.ts';
import type { PaymentProvider } from './provider.ts';

const EVERY_MS = 30_000;
const BATCH = 20;

/**
 * Settles payments whose request never came back to finish them: the task died, or the provider was too slow and the
 * customer left. A charge the provider made is recorded; one it never saw is voided there before it is given up here.
 * @returns how many are settled now; one that cannot be is taken up again a minute later.
 */
export async function settleAbandoned(store: PaymentStore, provider: PaymentProvider, log: Logger): Promise<number> {
  let settled = 0;
  for (const { id } of await store.claimAbandoned(BATCH)) {
    try {
      const { status } = await store.settle(id, await provider.settle(id));
      log.info({ paymentId: id, status }, 'abandoned payment settled');
      settled += 1;
    } catch (error) {
      log.warn({ paymentId: id, err: error }, 'abandoned payment not settled yet');
    }
  }
  return settled;
}

/** Runs `settle` every 30 s until stopped; `stop` waits for the run under way. */
export function startReconciler(settle: () => Promise<unknown>, log: Logger): { stop(): Promise<void> } {
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(settle).catch((error: unknown) => log.error({ err: error }, 'reconciler failed'));
  }, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
