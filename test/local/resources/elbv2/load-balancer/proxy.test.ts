import { afterEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRig, send, sendRaw, until } from './rig.ts';

const rig = createRig();
afterEach(() => rig.stop());

const MEGABYTE = Buffer.alloc(1_048_576, 'headroom ');
const megabytes = (count: number) => Readable.from(Array.from({ length: count }, () => MEGABYTE));

async function digest(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}

const post = (port: number, path = '/') => httpRequest({ host: '127.0.0.1', port, path, method: 'POST', agent: false });
const answerTo = async (outgoing: ReturnType<typeof post>): Promise<IncomingMessage> => {
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return answer;
};

test('large bodies arrive complete in both directions', async () => {
  const { port } = await rig.balanced([(request, response) => void pipeline(request, response)]);
  const outgoing = post(port);
  const sent = pipeline(megabytes(32), outgoing);
  const received = await digest(await answerTo(outgoing));
  await sent;
  expect(received).toBe(await digest(megabytes(32)));
});

test('a body is forwarded as it arrives, without being collected first', async () => {
  let received = '';
  const { port } = await rig.balanced([
    (request, response) => {
      request.on('data', (chunk) => (received += String(chunk)));
      request.on('end', () => response.end());
    },
  ]);
  const outgoing = post(port);
  outgoing.write('first');
  await until(() => received === 'first');
  outgoing.end(' second');
  await answerTo(outgoing);
  expect(received).toBe('first second');
});

test('a slow client slows the target down instead of filling memory', async () => {
  let sent = 0;
  const endless = function* () {
    for (; sent < 200; sent++) yield MEGABYTE;
  };
  const { port } = await rig.balanced([(_, response) => void pipeline(endless(), response).catch(() => {})]);
  const outgoing = post(port);
  outgoing.end();
  const answer = await answerTo(outgoing);
  answer.pause();
  await sleep(300);
  expect(sent).toBeLessThan(40);
  answer.destroy();
});

test('status, reason, repeated headers and their case are forwarded', async () => {
  const { port } = await rig.balanced([
    (_, response) =>
      void response
        .writeHead(418, 'Short and stout', ['X-CaseD', 'a', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'])
        .end('tea'),
  ]);
  const outgoing = post(port);
  outgoing.end();
  const answer = await answerTo(outgoing);
  answer.resume();
  expect([answer.statusCode, answer.statusMessage]).toEqual([418, 'Short and stout']);
  expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  expect(answer.rawHeaders).toContain('X-CaseD');
});

test('connections to a target are reused', async () => {
  const ports = new Set<number | undefined>();
  const { port } = await rig.balanced([
    ({ socket }, response) => {
      ports.add(socket.remotePort);
      response.end();
    },
  ]);
  for (let time = 0; time < 10; time++) await send(port, '/');
  expect(ports.size).toBe(1);
});

test('a client keeps its connection, also after an error', async () => {
  const { port } = await rig.balanced([
    ({ socket, url }, response) => (url === '/reset' ? socket.destroy() : response.end()),
  ]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const reused: boolean[] = [];
  for (const path of ['/', '/reset', '/']) {
    const outgoing = httpRequest({ host: '127.0.0.1', port, path, agent });
    outgoing.end();
    const answer = await answerTo(outgoing);
    await answer.toArray();
    reused.push(outgoing.reusedSocket);
  }
  agent.destroy();
  expect(reused).toEqual([false, true, true]);
});

test('a target that resets the connection is a 502', async () => {
  const { port, counts } = await rig.balanced([({ socket }) => void socket.resetAndDestroy()]);
  const answer = await send(port, '/');
  expect(answer.status).toBe(502);
  expect(answer.body).toContain('<h1>502 Bad Gateway</h1>');
  expect(counts.get('bad-gateway')).toBe(1);
});

test('a target that responds with something other than HTTP is a 502', async () => {
  const { port } = await rig.balanced([({ socket }) => void socket.end('this is not HTTP\r\n\r\n')]);
  expect((await send(port, '/')).status).toBe(502);
});

test('a request is not retried at another target', async () => {
  let tries = 0;
  const reset = ({ socket }: IncomingMessage) => {
    tries++;
    socket.destroy();
  };
  const { port } = await rig.balanced([reset, reset]);
  expect((await send(port, '/')).status).toBe(502);
  expect(tries).toBe(1);
});

test('a response that breaks off also breaks off for the client', async () => {
  const { port } = await rig.balanced([
    ({ socket }, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('part', () => socket.destroy());
    },
  ]);
  await expect(send(port, '/')).rejects.toThrow('aborted');
});

test('a target that is silent for the idle timeout is a 504', async () => {
  const { port, counts } = await rig.balanced([() => {}], {}, { idleTimeoutMs: 60 });
  const startedAt = performance.now();
  const answer = await send(port, '/');
  expect(answer.status).toBe(504);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(55);
  expect(counts.get('gateway-timeout')).toBe(1);
});

test('a client that stops sending in the middle of its request gets a 408', async () => {
  const { port } = await rig.balanced([() => {}], {}, { idleTimeoutMs: 60 });
  const outgoing = post(port);
  outgoing.on('error', () => {});
  outgoing.write('half');
  expect((await answerTo(outgoing)).statusCode).toBe(408);
});

test('a target that keeps sending may take longer than the idle timeout', async () => {
  const { port } = await rig.balanced(
    [
      async (_, response) => {
        for (let part = 0; part < 14; part++) {
          response.write('.');
          await sleep(50);
        }
        response.end();
      },
    ],
    {},
    { idleTimeoutMs: 500 },
  );
  expect((await send(port, '/')).body).toBe('.'.repeat(14));
});

test('a client that leaves ends the request at the target, and is counted', async () => {
  let targetSawEnd = false;
  const { group, port, counts } = await rig.balanced([
    (_, response) => response.on('close', () => (targetSawEnd = true)),
  ]);
  const outgoing = post(port);
  outgoing.on('error', () => {});
  outgoing.end('body');
  await until(() => group.targets()[0]?.outstanding === 1);
  outgoing.destroy();
  await until(() => targetSawEnd);
  await until(() => counts.get('client-closed') === 1);
  expect(group.targets()[0]?.outstanding).toBe(0);
});

test('a target may respond before the whole request has arrived', async () => {
  let connectionEnded = false;
  const { port } = await rig.balanced([
    ({ socket }, response) => {
      socket.on('close', () => (connectionEnded = true));
      response.writeHead(413).end('too much');
    },
  ]);
  const outgoing = post(port);
  outgoing.on('error', () => {});
  outgoing.write(MEGABYTE);
  const answer = await answerTo(outgoing);
  outgoing.end(MEGABYTE);
  expect(answer.statusCode).toBe(413);
  expect(String(Buffer.concat(await answer.toArray()))).toBe('too much');
  await until(() => connectionEnded);
});

test('the rest of a request is read after an early response, so that its connection can be used again', async () => {
  const { listener } = await rig.balanced([(_, response) => response.writeHead(413).end('too much')]);
  const body = new PassThrough();
  body.write(MEGABYTE);
  const response = await listener.hop({
    method: 'POST',
    url: '/',
    headers: ['Host', 'localhost', 'Transfer-Encoding', 'chunked'],
    body,
    bodyArrived: () => body.readableEnded,
    client: { address: '127.0.0.1', port: 40_000 },
    signal: new AbortController().signal,
  });
  expect(response.status).toBe(413);
  await (response.body as Readable).toArray();
  await until(() => !body.isPaused());
  body.end(MEGABYTE);
  await finished(body);
});

test('HEAD, 204 and 304 are forwarded without a body', async () => {
  const { port } = await rig.balanced([
    ({ url, method }, response) => {
      if (method === 'HEAD') response.setHeader('Content-Length', '5');
      response.writeHead(Number(url!.slice(1))).end();
    },
  ]);
  const head = await send(port, '/200', { method: 'HEAD' });
  expect([head.status, head.headers['content-length'], head.body]).toEqual([200, '5', '']);
  expect(await send(port, '/204')).toMatchObject({ status: 204, body: '' });
  expect(await send(port, '/304')).toMatchObject({ status: 304, body: '' });
});

test('an HTTP/1.0 client gets a response without chunks', async () => {
  const { port } = await rig.balanced([
    (_, response) => {
      response.write('a');
      response.end('b');
    },
  ]);
  const answer = await sendRaw(port, 'GET / HTTP/1.0\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(answer.toLowerCase()).not.toContain('chunked');
  expect(answer.endsWith('\r\n\r\nab')).toBe(true);
});
