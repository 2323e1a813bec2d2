import { styleText } from 'node:util';

/** Prints progress and events to the terminal. */
export interface Console {
  line(text?: string): void;
  starting(what: string): void;
  ready(what: string, detail?: string): void;
  /** The error itself is printed by the command that caused it. */
  failed(what: string): void;
  stopped(what: string): void;
  /** Prints a message about the running system, such as that a task ended unexpectedly. */
  note(message: string): void;
  /** Clears the progress line and prints no further progress. */
  close(): void;
}

const refreshMs = 100;
const clearLine = '\r\u001B[2K';

/**
 * Prints one line per ready step. On a terminal that can redraw a line, also a line with the steps that are starting.
 */
export function createConsole(stream: NodeJS.WriteStream = process.stdout, env = process.env): Console {
  const startedAt = new Map<string, number>();
  const live = stream.isTTY && env['TERM'] !== 'dumb';
  const style = (format: Parameters<typeof styleText>[0], text: string): string => styleText(format, text, { stream });
  const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
  const timer = live ? setInterval(showPending, refreshMs).unref() : undefined;

  function line(text = ''): void {
    stream.write(`${live ? clearLine : ''}${text}\n`);
  }

  function showPending(): void {
    if (startedAt.size === 0) return;
    const oldest = Math.min(...startedAt.values());
    const text = `… ${[...startedAt.keys()].join(', ')} (${seconds(oldest)})`;
    stream.write(`${clearLine}${style('dim', text.slice(0, Math.max(0, stream.columns - 1)))}`);
  }

  return {
    line,
    starting(what) {
      startedAt.set(what, performance.now());
      if (!live) line(`starting ${what}`);
    },
    ready(what, detail) {
      const since = startedAt.get(what);
      startedAt.delete(what);
      const time = since === undefined ? '' : style('dim', ` (${seconds(since)})`);
      line(`${style('green', '✔')} ${what}${detail ? ` ${detail}` : ''}${time}`);
    },
    failed(what) {
      startedAt.delete(what);
      line(`${style('red', '✖')} ${what} failed`);
    },
    stopped(what) {
      startedAt.delete(what);
      line(`stopped ${what}`);
    },
    note: (message) => line(`${style('yellow', '!')} ${message}`),
    close() {
      clearInterval(timer);
      startedAt.clear();
      if (live) stream.write(clearLine);
    },
  };
}
