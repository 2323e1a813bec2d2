import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { oneByOne } from '../../../../app/workers/imager/one-by-one.ts';
import { parseNotification } from '../../../../app/workers/imager/upload.ts';

const [userId, imageId] = [randomUUID(), randomUUID()];
const key = `originals/${userId}/${imageId}`;
const notification = (...keys: string[]) =>
  JSON.stringify({
    Records: keys.map((each) => ({ eventName: 'ObjectCreated:Post', s3: { object: { key: each, size: 1 } } })),
  });

test('a notification names its uploads, with whose they are', () => {
  expect(parseNotification(notification(key, encodeURIComponent(key)))).toEqual([
    { key, userId, imageId },
    { key, userId, imageId },
  ]);
});

test('the event with which S3 tries a notification out names none', () => {
  expect(parseNotification('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"uploads"}')).toEqual([]);
});

test.each([
  ['{"id":"1"}', 'no notification of S3'],
  ['nonsense', 'not valid JSON'],
  [notification('originals/me.jpg'), 'The object originals/me.jpg is no upload'],
  [notification(`originals/${userId}/../${imageId}`), 'is no upload'],
  [notification(`${key}/more`), 'is no upload'],
])('the message %s is refused', (body, reason) => {
  expect(() => parseNotification(body)).toThrow(reason);
});

test('images are made one by one, also after one that failed', async () => {
  let running = 0;
  const work = oneByOne(async (n: number) => {
    running += 1;
    expect(running).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running -= 1;
    if (n === 1) throw new Error('damaged');
    return n;
  });
  const results = await Promise.allSettled([work(0), work(1), work(2)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
