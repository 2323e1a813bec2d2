import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');
const run = (...args: string[]) =>
  spawnSync(process.execPath, args, { cwd: root, env: { SERVICE_NAME: 'sandbox' }, encoding: 'utf8' });

test('a task with an invalid configuration logs one line and exits with 1', () => {
  const { status, stdout, stderr } = run('app/services/sandbox/main.ts');
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({
    level: 'fatal',
    service: 'sandbox',
    msg: expect.stringContaining('DATABASE_PASSWORD is missing'),
  });
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
});

test('the command that Redis refused is not logged', () => {
  const { stdout } = run(
    '--input-type=module',
    '--eval',
    `import { createLogger } from './app/kit/log.ts';
     const err = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['the-token'] } });
     createLogger({ SERVICE_NAME: 'auth', LOG_LEVEL: 'info' }).warn({ err }, 'redis is not available');`,
  );
  expect(stdout).toContain('WRONGPASS');
  expect(stdout).not.toContain('the-token');
});
