import { expect, test } from '@jest/globals';
import { inTime } from '../../../app/kit/in-time.ts';

test('what is late is given up', async () => {
  await expect(inTime(new Promise(() => {}), 10)).rejects.toThrow('Redis did not respond within 10 ms');
});

test('a process that was busy all the time still sends, and reads the response', async () => {
  // Sent in the next turn and responded to in the one after, as over a socket.
  const response = new Promise<string>((resolve) => setImmediate(() => setTimeout(() => resolve('PONG'), 1)));
  const received = inTime(response, 10);
  const end = performance.now() + 50;
  while (performance.now() < end);
  expect(await received).toBe('PONG');
});
