import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { expect, test } from '@jest/globals';

import { readBody } from '../../../../../local/resources/cloudfront/cache/read-body.ts';

const streamOf = (...chunks: readonly string[]) => Readable.from(chunks.map((each) => Buffer.from(each)));

test('a body within the limit is returned as bytes', async () => {
  expect(Buffer.from((await readBody(streamOf('ab', 'cd'), 4)) as Uint8Array).toString()).toBe('abcd');
});

test('a longer body is returned as a stream of the same bytes', async () => {
  expect(await text((await readBody(streamOf('ab', 'cd', 'ef'), 3)) as Readable)).toBe('abcdef');
});

test('a body that fails is an error, before and after the limit', async () => {
  const failing = (size: number) =>
    Readable.from(
      (async function* () {
        yield Buffer.alloc(size);
        throw new Error('reset');
      })(),
    );
  await expect(readBody(failing(1), 10)).rejects.toThrow('reset');
  await expect(text((await readBody(failing(11), 10)) as Readable)).rejects.toThrow('reset');
});

test('a viewer that leaves before it has read anything of a longer body frees the connection of the origin', async () => {
  const origin = streamOf('ab', 'cd', 'ef');
  const body = (await readBody(origin, 3)) as Readable;
  body.destroy();
  if (!origin.destroyed) await once(origin, 'close');
  expect(origin.destroyed).toBe(true);
});
