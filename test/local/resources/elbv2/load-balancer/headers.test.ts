import { afterEach, expect, test } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRig, send } from './rig.ts';

const rig = createRig();
afterEach(() => rig.stop());

const echo = ({ headers }: IncomingMessage, response: ServerResponse) => response.end(JSON.stringify(headers));

async function seenBy(attributes: object, headers: Record<string, string>, method = 'GET') {
  const { port } = await rig.balanced([echo], {}, attributes);
  return JSON.parse((await send(port, '/', { headers, method })).body) as Record<string, string>;
}

test('the client’s address is appended to X-Forwarded-For', async () => {
  const seen = await seenBy({}, { 'X-Forwarded-For': '203.0.113.7' });
  expect(seen['x-forwarded-for']).toBe('203.0.113.7, 127.0.0.1');
});

test('X-Forwarded-For can be preserved, removed, or carry the port', async () => {
  const forged = { 'X-Forwarded-For': '203.0.113.7' };
  expect((await seenBy({ forwardedFor: 'preserve' }, forged))['x-forwarded-for']).toBe('203.0.113.7');
  expect((await seenBy({ forwardedFor: 'remove' }, forged))['x-forwarded-for']).toBeUndefined();
  expect((await seenBy({ clientPort: true }, {}))['x-forwarded-for']).toMatch(/^127\.0\.0\.1:\d+$/);
});

test('protocol and port are those of the listener, not those the client sends', async () => {
  const seen = await seenBy({}, { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443' });
  expect([seen['x-forwarded-proto'], seen['x-forwarded-port']]).toEqual(['http', '80']);
});

test('a request gets a trace id; the root it carries is kept', async () => {
  const id = /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/;
  expect((await seenBy({}, {}))['x-amzn-trace-id']).toMatch(id);
  const root = 'Root=1-67891233-abcdef012345678912345678';
  const seen = await seenBy({}, { 'X-Amzn-Trace-Id': `Self=1-old;${root};CalledFrom=app` });
  expect(seen['x-amzn-trace-id']).toMatch(
    /^Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abcdef012345678912345678;CalledFrom=app$/,
  );
});

test('the host is forwarded as the client sent it', async () => {
  expect((await seenBy({}, { Host: 'shop.example.com' })).host).toBe('shop.example.com');
});

test('headers of one connection, and those that Connection names, are not forwarded', async () => {
  const seen = await seenBy(
    {},
    { Connection: 'X-Private, close', 'X-Private': '1', TE: 'trailers', 'Proxy-Authorization': 'x', 'X-Public': '1' },
  );
  expect(seen).toMatchObject({ 'x-public': '1', connection: 'keep-alive' });
  expect(Object.keys(seen)).not.toContain('x-private');
  expect(Object.keys(seen)).not.toContain('te');
  expect(Object.keys(seen)).not.toContain('proxy-authorization');
});

test('Connection cannot remove the length or the host', async () => {
  const { port } = await rig.balanced([
    async (request, response) =>
      void response.end(`${request.headers.host} ${String(Buffer.concat(await request.toArray()))}`),
  ]);
  const headers = { Connection: 'content-length, host', Host: 'a.example', 'Content-Length': '4' };
  expect((await send(port, '/', { method: 'POST', headers, body: 'body' })).body).toBe('a.example body');
});

test('header names that AWS calls invalid are dropped only when the attribute says so', async () => {
  expect(await seenBy({}, { x_under: '1' })).toHaveProperty('x_under');
  expect(await seenBy({ dropInvalidNames: true }, { x_under: '1' })).not.toHaveProperty('x_under');
});

test('a POST without a body is not sent in chunks', async () => {
  const seen = await seenBy({}, { 'Content-Length': '0' }, 'POST');
  expect(seen['content-length']).toBe('0');
  expect(seen).not.toHaveProperty('transfer-encoding');
});
