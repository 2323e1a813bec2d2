import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

/** Resident memory of a process in MB, after each of so many rounds of images. */
async function residentAfter(rounds: number): Promise<number[]> {
  const child = fork(join(import.meta.dirname, 'many-images.ts'), [String(rounds)]);
  const [resident] = (await once(child, 'message')) as [number[]];
  return resident;
}

test('a thousand images fit into the memory of the smallest task', async () => {
  // The pixels of all of them would take 343 MB.
  expect(Math.max(...(await residentAfter(10)))).toBeLessThan(350);
});
