import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

const largestBytes = 10 * 1024 * 1024;

export interface LogFiles {
  readonly open: (source: string) => NodeJS.WritableStream;
  close(): Promise<void>;
}

/** Log files that are appended to; one that has grown large is set aside as `.1` when it is opened. */
export function createLogFiles(directory: string, onError: (error: Error) => void): LogFiles {
  mkdirSync(directory, { recursive: true });
  const streams = new Map<string, WriteStream>();
  const path = (source: string): string => join(directory, `${source}.log`);
  return {
    open(source) {
      const known = streams.get(source);
      if (known !== undefined) return known;
      const size = statSync(path(source), { throwIfNoEntry: false })?.size ?? 0;
      if (size > largestBytes) renameSync(path(source), `${path(source)}.1`);
      const stream = createWriteStream(path(source), { flags: 'a' }).on('error', onError);
      streams.set(source, stream);
      return stream;
    },
    async close() {
      await Promise.all([...streams.values()].map((stream) => new Promise((resolve) => stream.end(resolve))));
    },
  };
}
