import type { Logger } from '../../kit/log.ts';
import type { Task } from '../../kit/task.ts';
import { continueTrace, runInTrace } from '../../kit/trace-context.ts';
import type { Payment, PaymentStore } from './payment.ts';
import type { PaymentProvider } from './provider.ts';

/** Time between two runs, in ms. */
const intervalMs = 30_000;
const batchSize = 20;

interface Parts {
  readonly store: PaymentStore;
  readonly provider: PaymentProvider;
  readonly log: Logger;
}

/**
 * Settles payments whose request never finished them: the task died, or the provider was too slow and the customer left.
 * A charge that the provider made is recorded; one that it never received is voided there first, then here.
 * Stops early when `signal` aborts. Returns how many were settled; the others are tried again a minute later.
 */
export async function settleAbandoned(parts: Parts, signal: AbortSignal): Promise<number> {
  let settled = 0;
  for (const payment of await parts.store.claimAbandoned(batchSize)) {
    if (signal.aborted) break;
    // The trace of the request is lost; a new one ties the call to the provider, the event and its receivers together.
    if (await runInTrace(continueTrace({}), () => settle(parts, payment))) settled += 1;
  }
  return settled;
}

async function settle({ store, provider, log }: Parts, payment: Payment): Promise<boolean> {
  const { id, userId } = payment;
  try {
    const { status } = await store.settle(payment, await provider.settle({ key: id, customerId: userId }));
    log.info({ paymentId: id, status }, 'abandoned payment settled');
    return true;
  } catch (error) {
    log.warn({ paymentId: id, err: error }, 'abandoned payment not settled yet');
    return false;
  }
}

/** Runs `work` 30 s after its last run ended, until the task stops; stopping waits for a run under way. */
export function startReconciler({ log, onStop }: Task<unknown>, work: (signal: AbortSignal) => Promise<unknown>): void {
  const stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const schedule = () => {
    timer = setTimeout(() => {
      running = work(stopping.signal)
        .catch((error: unknown) => log.error({ err: error }, 'a reconciliation failed, the next run repeats it'))
        .finally(() => stopping.signal.aborted || schedule());
    }, intervalMs);
  };
  schedule();
  onStop('background', async () => {
    stopping.abort();
    clearTimeout(timer);
    await running;
  });
}
