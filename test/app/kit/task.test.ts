import { expect, test } from '@jest/globals';
import { silentTask } from '../../support/task.ts';

test('parts stop stage by stage, in whatever order they were registered', async () => {
  const task = silentTask({});
  const events: string[] = [];
  for (const stage of ['connections', 'background', 'requests', 'receiving'] as const) {
    task.onStop(stage, async () => {
      events.push(`${stage} stops`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      events.push(`${stage} stopped`);
    });
  }
  await task.stop();
  const stages = ['receiving', 'requests', 'background', 'connections'];
  expect(events).toEqual(stages.flatMap((stage) => [`${stage} stops`, `${stage} stopped`]));
});

test('a part that fails to stop does not keep the others from stopping, and makes the stop fail', async () => {
  const task = silentTask({});
  let closed = false;
  task.onStop('receiving', () => {
    throw new Error('the queue is gone');
  });
  task.onStop('connections', () => void (closed = true));
  await expect(task.stop()).rejects.toMatchObject({ errors: [new Error('the queue is gone')] });
  expect(closed).toBe(true);
});
