/** How long a stopping task exports its last telemetry, in ms. Stopping as a whole has 20 s, of which requests may take 15. */
const flushMs = 2_000;

/** Resolves when the last export has ended, or takes too long. */
export const flush = (exporting: Promise<unknown> | undefined): Promise<unknown> =>
  Promise.race([exporting, new Promise((resolve) => setTimeout(resolve, flushMs).unref())]);
