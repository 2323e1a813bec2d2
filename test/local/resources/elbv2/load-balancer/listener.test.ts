import { afterEach, expect, test } from '@jest/globals';
import { createRig, send, sendRaw } from './rig.ts';

const rig = createRig();
afterEach(() => rig.stop());

/** A load balancer whose target counts what reaches it. */
async function counted() {
  const reached: string[] = [];
  const { port } = await rig.balanced([
    ({ url }, response) => {
      reached.push(url!);
      response.end();
    },
  ]);
  return { port, reached };
}

const statusOf = (answer: string) => Number(answer.split(' ')[1]);

test.each([
  ['both Content-Length and Transfer-Encoding', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two different Content-Lengths', 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde'],
  ['a Content-Length that is no number', 'Content-Length: 4x\r\n\r\nabcd'],
  ['a negative Content-Length', 'Content-Length: -1\r\n\r\n'],
  ['an obfuscated Transfer-Encoding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['a space before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
  ['a folded header line', 'X-A: b\r\n c: d\r\nContent-Length : 3\r\n\r\nabc'],
])('a request with %s is refused and its connection closed', async (_, headers) => {
  const { port, reached } = await counted();
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
  const answer = await sendRaw(port, `POST / HTTP/1.1\r\nHost: a\r\n${headers}${smuggled}`);
  expect(statusOf(answer)).toBe(400);
  expect(answer).toContain('<h1>400 Bad Request</h1>');
  expect(reached).not.toContain('/smuggled');
});

test('something other than HTTP is a 400', async () => {
  const { port } = await counted();
  expect(statusOf(await sendRaw(port, 'SSH-2.0-OpenSSH_9.2\r\n\r\n'))).toBe(400);
});

test('a request without a host is a 400', async () => {
  const { port } = await counted();
  expect(statusOf(await sendRaw(port, 'GET / HTTP/1.1\r\n\r\n'))).toBe(400);
});

test('TRACE is a 405', async () => {
  const { port } = await counted();
  expect((await send(port, '/', { method: 'TRACE' })).status).toBe(405);
});

test('a URL over 16 KiB is a 414, a header over 16 KiB or all over 64 KiB a 400', async () => {
  const { port, reached } = await counted();
  expect((await send(port, `/${'a'.repeat(16_384)}`)).status).toBe(414);
  expect((await send(port, '/', { headers: { 'X-Large': 'a'.repeat(16_384) } })).status).toBe(400);
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`X-${index}`, 'a'.repeat(8000)]));
  expect((await send(port, '/', { headers: many })).status).toBe(400);
  expect(reached).toEqual([]);
  expect((await send(port, `/${'a'.repeat(16_000)}`)).status).toBe(200);
});

test('more than 30 addresses in X-Forwarded-For are a 463', async () => {
  const { port } = await counted();
  const addresses = (count: number) => Array.from({ length: count }, () => '10.0.0.1').join(', ');
  expect((await send(port, '/', { headers: { 'X-Forwarded-For': addresses(31) } })).status).toBe(463);
  expect((await send(port, '/', { headers: { 'X-Forwarded-For': addresses(30) } })).status).toBe(200);
});

test('a client that stops sending in the middle of the headers gets a 408', async () => {
  const { port } = await rig.balanced([], {}, { idleTimeoutMs: 50 });
  expect(statusOf(await sendRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n'))).toBe(408);
});

test('closing waits for requests under way', async () => {
  const { listener, port } = await rig.balanced([(_, response) => void setTimeout(() => response.end('done'), 100)]);
  const answer = send(port, '/');
  await new Promise((resolve) => setTimeout(resolve, 30));
  await listener.close(2000);
  expect((await answer).body).toBe('done');
  await expect(send(port, '/')).rejects.toThrow('ECONNREFUSED');
});
