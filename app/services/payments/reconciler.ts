import type { Logger } from '../../kit/log.ts';
import type { PaymentStore } from './payment.ts';
import type { PaymentProvider } from './provider.ts';

const EVERY_MS = 30_000;
const BATCH = 20;

/**
 * Settles payments whose request never came back to finish them: the task died, or the provider was too slow and the
 * customer left. A charge the provider made is recorded; one it never saw is voided there before it is given up here.
 * Ends early when `signal` says so: what is not reached now is taken up later.
 * @returns how many are settled now; one that cannot be is taken up again a minute later.
 */
export async function settleAbandoned(
  { store, provider, log }: { store: PaymentStore; provider: PaymentProvider; log: Logger },
  signal: AbortSignal,
): Promise<number> {
  let settled = 0;
  for (const { id } of await store.claimAbandoned(BATCH)) {
    if (signal.aborted) break;
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

/** Runs `settle` 30 s after the last run ended, until stopped; `stop` waits for a run under way. */
export function startReconciler(
  settle: (signal: AbortSignal) => Promise<unknown>,
  log: Logger,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const schedule = () => {
    timer = setTimeout(() => {
      running = settle(stopping.signal)
        .catch((error: unknown) => log.error({ err: error }, 'abandoned payments cannot be looked up'))
        .finally(() => stopping.signal.aborted || schedule());
    }, EVERY_MS);
  };
  schedule();
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
