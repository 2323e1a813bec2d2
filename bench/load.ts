/**
 * A program that sends requests as fast as they are answered, and the function that runs it in a process of its own, so that
 * the load and the server do not share a thread.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly seconds: number;
  readonly connections: number;
  /**
   * How each client stays below the limit of requests by address. `header`: every request says another address, as the CDN
   * does. `connection`: every connection comes from another address of 127.0.0.0/8, and is replaced before it reaches the limit.
   */
  readonly clients: 'header' | 'connection';
}

export interface Outcome {
  /** Responses with status 200. */
  readonly ok: number;
  /** All other ends of a request, by status or error. */
  readonly failed: Readonly<Record<string, number>>;
  readonly perSecond: number;
}

/** Below the 1,000 a minute of an address. */
const perConnection = 900;
const addresses = 20_000;
const endOfHead = Buffer.from('\r\n\r\n');

/** Applies a load from a process of its own. @throws Error if anything but 200 was the response */
export async function apply(load: Load): Promise<Outcome> {
  const child = fork(import.meta.filename, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    child.send(load);
    const [outcome] = (await once(child, 'message')) as [Outcome];
    const failures = JSON.stringify(outcome.failed);
    if (failures !== '{}') throw new Error(`${load.path} on port ${load.port} had failures: ${failures}`);
    return outcome;
  } finally {
    child.kill();
  }
}

async function run({ port, path, seconds, connections, clients }: Load): Promise<Outcome> {
  const end = performance.now() + seconds * 1000;
  const failed: Record<string, number> = {};
  let ok = 0;
  // Far from those of other runs, whose requests count for a minute.
  let client = Math.floor(Math.random() * 10_000_000);

  const requests = Array.from({ length: clients === 'header' ? addresses : 1 }, (_, i) =>
    Buffer.from(
      `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n` +
        (clients === 'header' ? `cloudfront-viewer-address: 100.64.${i >> 8}.${i & 255}:40000\r\n` : '') +
        '\r\n',
    ),
  );
  const next = () => requests[client++ % requests.length] as Buffer;
  const from = () => {
    const i = client++;
    return `127.${1 + (Math.floor(i / 62_500) % 250)}.${Math.floor(i / 250) % 250}.${1 + (i % 250)}`;
  };

  const isOver = () => performance.now() >= end;
  /** Uses one connection for as many requests as an address may send. */
  async function use(): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1', ...(clients === 'connection' && { localAddress: from() }) });
    socket.setNoDelay();
    let sent = 0;
    const more = () => !isOver() && (clients === 'header' || sent < perConnection);
    const send = () => {
      sent++;
      socket.write(next());
    };
    onResponses(socket, (status) => {
      if (status === 200) ok++;
      else failed[status] = (failed[status] ?? 0) + 1;
      if (more()) send();
      else socket.end();
    });
    socket.on('error', ({ message }) => (failed[message] = (failed[message] ?? 0) + 1));
    socket.once('connect', send);
    await once(socket, 'close');
  }

  const started = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (!isOver()) await use();
    }),
  );
  return { ok, failed, perSecond: ok / ((performance.now() - started) / 1000) };
}

/** Calls `onResponse` with the status of each response that is complete. Every response must have a `Content-Length`. */
function onResponses(socket: Socket, onResponse: (status: number) => void): void {
  let buffer: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    for (;;) {
      const head = buffer.indexOf(endOfHead);
      if (head < 0) return;
      const text = buffer.toString('latin1', 0, head);
      const [, length] = /\r\ncontent-length: *(\d+)/i.exec(text) ?? [];
      if (length === undefined) {
        socket.destroy(new Error('a response has no Content-Length'));
        return;
      }
      const size = head + endOfHead.length + Number(length);
      if (buffer.length < size) return;
      buffer = buffer.subarray(size);
      onResponse(Number(text.slice(9, 12)));
    }
  });
}

if (process.argv[1] === import.meta.filename) {
  process.once('message', (load: Load) => {
    void run(load).then((outcome) => process.send?.(outcome));
  });
}
