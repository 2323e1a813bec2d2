import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hop, HopRequest } from '../../../local/http/hop.ts';
import { closeServer, createHttpServer, listenOnLoopback } from '../../../local/http/server.ts';
import { send, sendRaw, until } from '../resources/elbv2/load-balancer/rig.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serve(hop: Hop, more: { idleTimeoutMs?: number } = {}): Promise<number> {
  const server = createHttpServer({
    hop,
    refuse: (fault) => ({ status: 400, headers: ['Content-Length', String(fault.length)], body: fault }),
    idleTimeoutMs: 60_000,
    maxHeaderBytes: 8192,
    ...more,
  });
  stops.push(() => closeServer(server, 0));
  return listenOnLoopback(server, 0);
}

const text = (body: string) => ({ status: 200, headers: ['Content-Length', String(body.length)], body });
const stream = (body: Readable) => ({ status: 200, headers: [], body });
const answerTo = async (outgoing: ReturnType<typeof httpRequest>): Promise<IncomingMessage> =>
  ((await once(outgoing, 'response')) as [IncomingMessage])[0];

test('a hop receives the request as it arrived', async () => {
  let seen: HopRequest | undefined;
  const port = await serve(async (request) => {
    seen = request;
    return text('');
  });
  await sendRaw(port, 'GET /a%20b?c HTTP/1.0\r\nX-CaseD: 1\r\nx-cased: 2\r\n\r\n');
  expect(seen).toMatchObject({ method: 'GET', url: '/a%20b?c', headers: ['X-CaseD', '1', 'x-cased', '2'] });
  expect(seen?.body).toBeUndefined();
  expect(seen?.client).toEqual({ address: '127.0.0.1', port: expect.any(Number) });
});

test.each([
  ['a bad request line', 'NOT HTTP\r\n\r\n', 'malformed'],
  [
    'conflicting framing',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'malformed',
  ],
  ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n', 'malformed'],
  ['too large headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(9000)}\r\n\r\n`, 'headers-too-large'],
  ['headers that do not end', 'GET / HTTP/1.1\r\nHost: a\r\n', 'timeout'],
])('a request with %s gets the page of the server', async (_, bytes, fault) => {
  const port = await serve(async () => text('ok'), { idleTimeoutMs: 50 });
  const answer = await sendRaw(port, bytes);
  expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
  expect(answer).toContain('Connection: close');
  expect(answer.endsWith(`\r\n\r\n${fault}`)).toBe(true);
});

test('a 408 closes the connection, on which the rest of the body may never arrive', async () => {
  const port = await serve(async () => ({ ...text('late'), status: 408 }));
  const answer = await sendRaw(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{');
  expect(answer).toMatch(/^HTTP\/1.1 408 /);
  expect(answer).toContain('Connection: close');
});

test('no page is sent in the middle of a response', async () => {
  const port = await serve(async () => stream(Readable.from(endless(), { objectMode: false })));
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => received.includes('tick'));
  socket.write('NOT HTTP\r\n\r\n');
  await once(socket, 'close');
  expect(received).not.toContain('malformed');
});

test('a page is sent when the response before it has ended', async () => {
  const port = await serve(async () => text('ok'));
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => received.endsWith('ok'));
  socket.write('NOT HTTP\r\n\r\n');
  await once(socket, 'close');
  expect(received.endsWith('malformed')).toBe(true);
});

test('a response that fails half-way breaks the connection', async () => {
  const broken = async function* () {
    yield 'part';
    await sleep(10);
    throw new Error('broken');
  };
  const port = await serve(async () => stream(Readable.from(broken(), { objectMode: false })));
  await expect(send(port, '/')).rejects.toThrow('aborted');
});

test('a response that is destroyed without an error breaks the connection', async () => {
  const body = new Readable({ read() {} });
  const port = await serve(async () => stream(body));
  body.push('part');
  const answer = await answerTo(httpRequest({ host: '127.0.0.1', port }).end());
  setTimeout(() => body.destroy(), 10);
  await expect(answer.toArray()).rejects.toThrow('aborted');
});

test('a response whose body was destroyed before it began breaks the connection', async () => {
  const body = new Readable({ read() {} }).destroy();
  await once(body, 'close');
  const port = await serve(async () => stream(body));
  await expect(send(port, '/')).rejects.toThrow('socket hang up');
});

test('a client that leaves before the response aborts the signal', async () => {
  let signal: AbortSignal | undefined;
  const port = await serve((request) => {
    ({ signal } = request);
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('gone'))));
  });
  const outgoing = httpRequest({ host: '127.0.0.1', port }).end();
  outgoing.on('error', () => {});
  await until(() => signal !== undefined);
  expect(signal?.aborted).toBe(false);
  outgoing.destroy();
  await until(() => signal?.aborted === true);
});

test('a client that leaves during the response aborts the signal and destroys the body', async () => {
  let signal: AbortSignal | undefined;
  const body = Readable.from(endless(), { objectMode: false });
  const port = await serve(async (request) => {
    ({ signal } = request);
    return stream(body);
  });
  const outgoing = httpRequest({ host: '127.0.0.1', port }).end();
  (await answerTo(outgoing)).destroy();
  await until(() => body.destroyed && signal?.aborted === true);
});

test('a client that leaves aborts the requests it has pipelined', async () => {
  const signals: AbortSignal[] = [];
  const port = await serve(({ signal }) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => signals.length === 2);
  socket.destroy();
  await until(() => signals.every(({ aborted }) => aborted));
});

test('a completed response does not abort the signal', async () => {
  let signal: AbortSignal | undefined;
  const port = await serve(async (request) => {
    ({ signal } = request);
    return text('ok');
  });
  await send(port, '/');
  await sleep(20);
  expect(signal?.aborted).toBe(false);
});

test('a slow client stops the body from being produced', async () => {
  let produced = 0;
  const chunk = Buffer.alloc(65_536);
  const body = new Readable({
    read() {
      produced += chunk.length;
      this.push(produced > 100_000_000 ? null : chunk);
    },
  });
  const port = await serve(async () => stream(body));
  const answer = await answerTo(httpRequest({ host: '127.0.0.1', port }).end());
  answer.pause();
  await sleep(200);
  expect(produced).toBeLessThan(50_000_000);
  answer.destroy();
});

test('the rest of an unread body is discarded, and the connection is reused', async () => {
  const port = await serve(async ({ body }) => {
    if (body) await once(body, 'data');
    body?.pause();
    return text('enough');
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const reused: boolean[] = [];
  for (let time = 0; time < 2; time++) {
    const outgoing = httpRequest({ host: '127.0.0.1', port, method: 'POST', agent });
    outgoing.end(Buffer.alloc(3_000_000));
    await (await answerTo(outgoing)).toArray();
    if (!outgoing.writableFinished) await once(outgoing, 'finish');
    reused.push(outgoing.reusedSocket);
    await sleep(20);
  }
  agent.destroy();
  expect(reused).toEqual([false, true]);
});

test('a client that expects 100 Continue receives it', async () => {
  const port = await serve(async ({ body }) => text(String(Buffer.concat((await body?.toArray()) as Buffer[]))));
  const outgoing = httpRequest({
    host: '127.0.0.1',
    port,
    method: 'POST',
    headers: { Expect: '100-continue', 'Content-Length': 4 },
  });
  outgoing.flushHeaders();
  await once(outgoing, 'continue');
  outgoing.end('body');
  expect(String(Buffer.concat(await (await answerTo(outgoing)).toArray()))).toBe('body');
});

test.each([256, 65_536])('a body of %i bytes arrives as it is, with every value of a byte', async (size) => {
  const body = Uint8Array.from({ length: size }, (_, i) => i);
  const port = await serve(async () => ({ status: 200, headers: ['Content-Length', String(size)], body }));
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect(await response.bytes()).toEqual(body);
});

test('a response to HEAD has headers only', async () => {
  const port = await serve(async () => text('12345'));
  const answer = await sendRaw(port, 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(answer.toLowerCase()).toContain('content-length: 5\r\n');
  expect(answer.endsWith('\r\n\r\n')).toBe(true);
});

test('a response may close the connection', async () => {
  const port = await serve(async () => ({ ...text('last'), close: true }));
  const answer = await sendRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(answer.toLowerCase()).toContain('connection: close\r\n');
});

test('a hop that fails is a 500 with the error', async () => {
  const port = await serve(() => Promise.reject(new Error('no such thing')));
  expect(await send(port, '/')).toMatchObject({
    status: 500,
    body: 'The local runtime failed: Error: no such thing\n',
  });
});

test('a header that Node cannot send breaks the connection instead of the process', async () => {
  const port = await serve(async () => ({ status: 200, headers: ['X', 'a\u0000b'], body: '' }));
  await expect(send(port, '/')).rejects.toThrow('socket hang up');
});

test('the body of a response that cannot be sent is destroyed, so that its connection is freed', async () => {
  const body = Readable.from(endless(), { objectMode: false });
  const port = await serve(async () => ({ status: 200, statusText: 'a\u0000b', headers: [], body }));
  await expect(send(port, '/')).rejects.toThrow('socket hang up');
  expect(body.destroyed).toBe(true);
});

test('a hop such as a cache fits between the server and another hop', async () => {
  let served = 0;
  const origin: Hop = async () => stream(Readable.from([`response ${++served}`], { objectMode: false }));
  const cached = (next: Hop): Hop => {
    const stored = new Map<string, Buffer>();
    return async (request) => {
      const body = stored.get(request.url);
      if (body) return { status: 200, headers: ['X-Cache', 'hit'], body: Readable.from([body]) };
      const response = await next(request);
      const whole = Buffer.concat(await (response.body as Readable).toArray());
      stored.set(request.url, whole);
      return { ...response, body: Readable.from([whole]) };
    };
  };
  const port = await serve(cached(origin));
  expect((await send(port, '/a')).body).toBe('response 1');
  const second = await send(port, '/a');
  expect([second.body, second.headers['x-cache']]).toEqual(['response 1', 'hit']);
});

async function* endless() {
  for (;;) {
    yield 'tick';
    await sleep(2);
  }
}
