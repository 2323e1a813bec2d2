import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { Transform } from 'node:stream';

const largestBytes = 10 * 1024 * 1024;

export interface LogFiles {
  /** Returns a stream that writes each line with its time, ISO 8601. */
  readonly open: (source: string) => NodeJS.WritableStream;
  close(): Promise<void>;
}

/** Creates append-only log files. A file over 10 MB is renamed to `.1` when it is opened. */
export function createLogFiles(directory: string, onError: (error: Error) => void): LogFiles {
  mkdirSync(directory, { recursive: true });
  const streams = new Map<string, { lines: Transform; file: WriteStream }>();
  const path = (source: string): string => join(directory, `${source}.log`);
  return {
    open(source) {
      const known = streams.get(source);
      if (known !== undefined) return known.lines;
      const size = statSync(path(source), { throwIfNoEntry: false })?.size ?? 0;
      if (size > largestBytes) renameSync(path(source), `${path(source)}.1`);
      const file = createWriteStream(path(source), { flags: 'a' }).on('error', onError);
      const lines = stampLines();
      // All tasks of a service write to the same stream.
      lines.setMaxListeners(0);
      lines.pipe(file);
      streams.set(source, { lines, file });
      return lines;
    },
    async close() {
      const closed = [...streams.values()].map(async ({ lines, file }) => {
        lines.end();
        if (!file.closed) await once(file, 'close');
      });
      await Promise.all(closed);
    },
  };
}

function stampLines(): Transform {
  let rest = '';
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      const time = new Date().toISOString();
      done(null, lines.map((line) => `${time} ${line}\n`).join(''));
    },
    flush(done) {
      done(null, rest === '' ? '' : `${new Date().toISOString()} ${rest}\n`);
    },
  });
}
