import { once } from 'node:events';
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';

import { parseLines, type LogLine } from './log-lines.ts';

/** Yields the lines that are written to the logs from now on. Watches from the call, not from the first `next`. */
export function followLogs(directory: string, sources: readonly string[]): AsyncIterable<LogLine> {
  const watcher = watch(directory);
  const tails = sources.map((source) => createTail(join(directory, `${source}.log`), source));
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        yield* tails.flatMap((tail) => tail());
        await once(watcher, 'change');
      }
    },
  };
}

/** Returns a function that reads the complete lines added since its last call. */
function createTail(file: string, source: string): () => LogLine[] {
  let { size: position, ino } = statSync(file);
  let rest = Buffer.alloc(0);
  return () => {
    // The file is missing between the renaming of a large log and the creation of the new one.
    if (!existsSync(file)) return [];
    const descriptor = openSync(file, 'r');
    try {
      const stat = fstatSync(descriptor);
      // The file was renamed or truncated: read the new one from its beginning.
      if (stat.ino !== ino || stat.size < position) [position, ino, rest] = [0, stat.ino, Buffer.alloc(0)];
      const added = Buffer.alloc(stat.size - position);
      position += readSync(descriptor, added, 0, added.length, position);
      const content = Buffer.concat([rest, added]);
      const end = content.lastIndexOf('\n') + 1;
      rest = content.subarray(end);
      return parseLines(source, content.subarray(0, end).toString());
    } finally {
      closeSync(descriptor);
    }
  };
}
