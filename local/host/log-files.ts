import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';

const largestBytes = 10 * 1024 * 1024;

export interface LogFiles {
  /** Returns a stream that writes each line with its time, ISO 8601. */
  readonly open: (source: string) => NodeJS.WritableStream;
  close(): Promise<void>;
}

/** Creates append-only log files. A file that grows over 10 MB is renamed to `.1`, and a new one is begun. */
export function createLogFiles(directory: string, onError: (error: Error) => void): LogFiles {
  mkdirSync(directory, { recursive: true });
  const logs = new Map<string, Writable>();
  return {
    open(source) {
      const known = logs.get(source);
      if (known !== undefined) return known;
      const log = openLog(join(directory, `${source}.log`), onError);
      // All tasks of a service write to the same stream.
      log.setMaxListeners(0);
      logs.set(source, log);
      return log;
    },
    async close() {
      await Promise.all([...logs.values()].map((log) => finished(log.end())));
    },
  };
}

function openLog(path: string, onError: (error: Error) => void): Writable {
  const stamp = createLineStamp();
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let file = openFile();

  function openFile(): WriteStream {
    if (size > largestBytes) {
      renameSync(path, `${path}.1`);
      size = 0;
    }
    return createWriteStream(path, { flags: 'a' }).on('error', onError);
  }

  function write(text: string, done: () => void): void {
    if (size > largestBytes) {
      file.end();
      file = openFile();
    }
    size += Buffer.byteLength(text);
    // A failure is reported by the file's own error event.
    file.write(text, () => done());
  }

  return new Writable({
    // All that has been written since the last call at once: a log has a line per request.
    writev: (chunks, done) => write(stamp(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer))), done),
    final: (done) => write(stamp.rest(), () => file.end(() => done())),
  });
}

/** Puts the time before each line; an incomplete line waits for its end. */
function createLineStamp() {
  const decoder = new StringDecoder();
  let rest = '';
  const stamped = (lines: readonly string[]): string => {
    const time = new Date().toISOString();
    return lines.map((line) => `${time} ${line}\n`).join('');
  };
  return Object.assign(
    (chunk: Buffer): string => {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      return stamped(lines);
    },
    { rest: () => stamped(rest === '' ? [] : [rest]) },
  );
}
