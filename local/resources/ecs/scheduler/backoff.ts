/** Milliseconds to wait after the n-th failure in a row: 0, 500, 1000, 2000 … 30 000. */
export const pauseAfter = (failures: number): number =>
  failures < 2 ? 0 : Math.min(500 * 2 ** (failures - 2), 30_000);

/** Counts failed tasks and spaces out the starts after them. */
export interface Backoff {
  /** Failed tasks since the last reset. */
  failures(): number;
  /** Milliseconds until the next task may be started. */
  waitMs(): number;
  /** Counts a failed task. Returns whether a new pause began with it: tasks that fail during a pause share it. */
  failed(): boolean;
  reset(): void;
}

export function createBackoff(): Backoff {
  let failures = 0;
  let rounds = 0;
  let resumeAt = 0;
  const waitMs = (): number => Math.max(0, resumeAt - performance.now());
  return {
    failures: () => failures,
    waitMs,
    failed() {
      failures += 1;
      if (waitMs() > 0) return false;
      rounds += 1;
      resumeAt = performance.now() + pauseAfter(rounds);
      return true;
    },
    reset() {
      failures = rounds = resumeAt = 0;
    },
  };
}
