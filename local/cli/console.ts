import { styleText } from 'node:util';

/** Progress and events for the person at the terminal. */
export interface Console {
  /** Writes a line. */
  line(text?: string): void;
  starting(what: string): void;
  ready(what: string, detail?: string): void;
  /** Something worth a line while the system runs, such as a task that died. */
  note(message: string): void;
  /** Ends the in-place line; further progress is not shown. */
  close(): void;
}

const refreshMs = 100;
const clearLine = '\r\u001B[2K';

/** A line for what is ready, and on a terminal that can redraw a line, one for what is still starting. */
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
    note: (message) => line(`${style('yellow', '!')} ${message}`),
    close() {
      clearInterval(timer);
      startedAt.clear();
      if (live) stream.write(clearLine);
    },
  };
}
