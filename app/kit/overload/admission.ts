/**
 * Work that may begin at once after a pause, in ms. It keeps turns of the event loop short: Node accepts one connection in each
 * (https://github.com/libuv/libuv/pull/3696), and nothing can refuse what is still in the backlog.
 */
const burstMs = 2;
/**
 * How long a request waits at most before it is begun, in ms: 50 of the lowest priority, which outlasts a burst and is short for
 * people, and 200 and 800 of the next ones.
 */
const waitOf = (priority: number): number => 50 * 4 ** priority;
/** Part of the time that an event loop under overload works at least. */
const saturated = 0.9;
/** How long the cost is measured at least, in ms and in requests: one long request or garbage collection is no overload. */
const period = { ms: 100, requests: 10 };

/** A reading of the clock, and of how long the event loop has waited for something to do, both in ms. */
export interface Reading {
  readonly timeMs: number;
  readonly idleMs: number;
}

export interface Waiting {
  begin(): void;
  refuse(): void;
}

export interface Admission {
  /** What a request costs the event loop, in ms, as last measured under overload; 0 before that. */
  readonly costMs: number;
  /** Called before the first request of a turn, when none waits. */
  startTurn(now: Reading): void;
  /** Begins or refuses a request, now or in a turn soon. @param priority 0 and up */
  admit(priority: number, request: Waiting): void;
  /** Counts a request that was begun and has ended. */
  ended(): void;
  /**
   * Begins requests that wait. Called at the end of a turn.
   * @returns whether others still wait, and if so, whether their turn is the next one or comes after a pause
   */
  endTurn(now: Reading): 'done' | 'next turn' | 'pause';
}

/**
 * Begins only as many requests as the event loop has time for; others wait, by priority, and are refused if that takes longer
 * than they may. All of it follows from what a request costs: the time that the event loop works, whatever for, by the number of
 * requests begun and ended, so that routes of every length count with their share. A dependency that is slow does not keep the event loop
 * busy, and limits nothing here.
 */
export function createAdmission(priorities: number, start: Reading): Admission {
  const queues = Array.from({ length: priorities }, (): { request: Waiting; since: number }[] => []);
  let costMs = 0;
  /** Time that work may be begun for, in ms; less than 0 when the last request began for longer. */
  let creditMs = burstMs;
  let turnStart = start.timeMs;
  let begunInPeriod = 0;
  let endedInPeriod = 0;
  let periodStart = start;

  const begin = (request: Waiting) => {
    creditMs -= costMs;
    begunInPeriod++;
    request.begin();
  };

  const measure = (now: Reading) => {
    const elapsedMs = now.timeMs - periodStart.timeMs;
    if (elapsedMs < period.ms || endedInPeriod < period.requests) return;
    const busyMs = elapsedMs - (now.idleMs - periodStart.idleMs);
    // By both, since work that has begun and not ended would make the others look dear, and a backlog of it cheap.
    const measured = busyMs / ((begunInPeriod + endedInPeriod) / 2);
    // Without overload, much of the work may be for something else than requests.
    costMs = busyMs > saturated * elapsedMs ? measured : Math.min(costMs, measured);
    begunInPeriod = 0;
    endedInPeriod = 0;
    periodStart = now;
  };

  const startTurn = (now: Reading) => {
    measure(now);
    // Enough for two requests, of which one may wait for a dependency while the other works, and a tenth more than has passed:
    // what a long turn loses would leave the event loop idle later.
    creditMs = Math.min(burstMs + 2 * costMs, creditMs + 1.1 * (now.timeMs - turnStart));
    turnStart = now.timeMs;
  };

  return {
    startTurn,
    get costMs() {
      return costMs;
    },
    admit(priority, request) {
      let ahead = 0;
      for (let each = priority; each < priorities; each++) ahead += queues[each]!.length;
      if (ahead === 0 && creditMs > 0) begin(request);
      else if (ahead * costMs < waitOf(priority)) queues[priority]!.push({ request, since: turnStart });
      else request.refuse();
    },
    ended() {
      endedInPeriod++;
    },
    endTurn(now) {
      startTurn(now);
      const mayBegin = creditMs > 0;
      for (let priority = priorities - 1; priority >= 0; priority--) {
        const queue = queues[priority]!;
        const latest = now.timeMs - waitOf(priority);
        let next = 0;
        while (next < queue.length && creditMs > 0) begin(queue[next++]!.request);
        // Others came later and went first.
        while (next < queue.length && queue[next]!.since < latest) queue[next++]!.request.refuse();
        queue.splice(0, next);
      }
      if (queues.every((queue) => queue.length === 0)) return 'done';
      return mayBegin ? 'next turn' : 'pause';
    },
  };
}
