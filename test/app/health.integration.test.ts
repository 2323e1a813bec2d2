import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, expect, test } from '@jest/globals';

const tasks: ChildProcess[] = [];
afterAll(() => {
  for (const task of tasks) task.kill('SIGKILL');
});

/** Starts a service that responds to /api/health until it is asked for /begin, and then runs `work`. */
async function begin(work: string): Promise<{ readonly pid: number; readonly port: string }> {
  const task = spawn(process.execPath, [
    '-e',
    `const server = require('node:http').createServer((request, response) => {
       response.end();
       if (request.url === '/begin') setTimeout(() => { ${work} }, 100);
     });
     server.listen(0, '127.0.0.1', () => console.log(server.address().port));`,
  ]);
  tasks.push(task);
  const [port] = (await once(task.stdout, 'data')) as [Buffer];
  const service = { pid: task.pid!, port: String(port).trim() };
  expect(await check(service)).toBe(0);
  await fetch(`http://127.0.0.1:${service.port}/begin`);
  return service;
}

/** Returns the exit code of the health check. */
async function check({ pid, port }: { readonly pid: number; readonly port: string }): Promise<number | null> {
  const child = execFile(process.execPath, ['app/health.js'], { env: { PORT: port, TASK_PID: String(pid) } });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

/** Returns the exit code of the check of a task that does `work` instead of responding. It takes 10 s. */
async function checkDuring(work: string): Promise<number | null> {
  const service = await begin(work);
  await sleep(500);
  return check(service);
}

const timeout = 60_000;

test(
  'a task that is too busy to respond is healthy',
  async () => {
    expect(await checkDuring('for (;;);')).toBe(0);
  },
  timeout,
);

test(
  'a task that is dead-locked or stopped is unhealthy',
  async () => {
    const deadlock = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';
    const stop = "process.kill(process.pid, 'SIGSTOP');";
    expect(await Promise.all([checkDuring(deadlock), checkDuring(stop)])).toEqual([1, 1]);
  },
  timeout,
);
