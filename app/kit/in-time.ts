/** How long a response may still take after a pause of this process, in ms. */
const graceMs = 20;

/**
 * Returns what Redis responds with, or rejects if that takes longer than `ms`. While this process is busy, it neither sends what
 * is to be sent nor reads what has arrived; so when the time is over, it does both before it gives up.
 */
export async function inTime<T>(response: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const giveUp = () => late.reject(new Error(`Redis did not respond within ${ms} ms`));
  let timer = setTimeout(() => {
    timer = setTimeout(giveUp, graceMs);
  }, ms);
  try {
    return await Promise.race([response, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
