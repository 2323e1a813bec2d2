import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { expect, test } from '@jest/globals';

import { createRig, request } from './rig.ts';

const compress = { behavior: { compress: true } };

async function compressed(
  { size = 1000, type = 'application/json', more = [] as string[], isCounted = true } = {},
  accept = 'gzip, br',
  options: object = compress,
) {
  const body = 'x'.repeat(size);
  const length = isCounted ? ['Content-Length', String(size)] : [];
  const headers = ['Cache-Control', 'max-age=60', 'Content-Type', type, ...length, ...more];
  const { send } = createRig(() => ({ headers, body }), options);
  const { response, headers: sent, outcome } = await send(request('/', ['Accept-Encoding', accept]));
  return { encoding: sent['content-encoding'], sent, bytes: response.body as Uint8Array, body, outcome };
}

test('Brotli is used before gzip, and the viewer gets the same content', async () => {
  const br = await compressed();
  expect(br.sent).toMatchObject({
    'content-encoding': 'br',
    vary: 'Accept-Encoding',
    'content-length': String(br.bytes.byteLength),
  });
  expect(brotliDecompressSync(br.bytes).toString()).toBe(br.body);
  const gzip = await compressed({}, 'gzip');
  expect(gzip.encoding).toBe('gzip');
  expect(gunzipSync(gzip.bytes).toString()).toBe(gzip.body);
});

test.each([
  ['999 bytes', { size: 999 }],
  ['10,000,001 bytes', { size: 10_000_001 }],
  ['an image', { type: 'image/png' }],
  ['no Content-Length', { isCounted: false }],
  ['a Content-Encoding', { more: ['Content-Encoding', 'identity'] }],
])('%s is not compressed', async (_, given) => {
  const { bytes, body, encoding } = await compressed(given);
  expect(bytes.byteLength).toBe(body.length);
  expect(encoding === undefined || encoding === 'identity').toBe(true);
});

test.each([1000, 10_000_000])('%i bytes are compressed', async (size) => {
  expect((await compressed({ size, type: 'text/html; charset=utf-8' })).encoding).toBe('br');
});

test('nothing is compressed where the viewer or the behaviour does not ask for it', async () => {
  expect((await compressed({}, 'deflate')).encoding).toBeUndefined();
  expect((await compressed({}, 'br', {})).encoding).toBeUndefined();
});

test.each([
  ['"1"', 'W/"1"'],
  ['W/"1"', 'W/"1"'],
  ['1', undefined],
])('the ETag %s of a compressed object becomes %s', async (given, expected) => {
  expect((await compressed({ more: ['ETag', given] })).sent['etag']).toBe(expected);
});

test('encodings are stored apart', async () => {
  const headers = ['Cache-Control', 'max-age=60', 'Content-Type', 'text/plain', 'Content-Length', '1000'];
  const { send, reached } = createRig(() => ({ headers, body: 'x'.repeat(1000) }), compress);
  const at = async (accept: string) =>
    (await send(request('/', ['Accept-Encoding', accept]))).headers['content-encoding'];
  expect([await at('br'), await at('gzip'), await at('identity'), await at('br;q=1')]).toEqual([
    'br',
    'gzip',
    undefined,
    'br',
  ]);
  expect(reached).toHaveLength(3);
});

test('HEAD states the length of the object as the origin does', async () => {
  const headers = ['Cache-Control', 'max-age=60', 'Content-Type', 'text/plain', 'Content-Length', '5000'];
  const { send } = createRig(() => ({ headers }), compress);
  const { headers: sent } = await send(request('/', ['Accept-Encoding', 'br'], { method: 'HEAD' }));
  expect(sent).toMatchObject({ 'content-length': '5000' });
  expect(sent).not.toHaveProperty('content-encoding');
});
