import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, jest } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePorts, startSystem, type System } from '../support/system.ts';
import { describeJourney } from './journey.ts';

jest.setTimeout(300_000);

const main = resolve(import.meta.dirname, '../../local/main.ts');

let localstack: ChildProcess;
let system: System;

beforeAll(async () => {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  // A group of its own: LocalStack has children, and all of them have to end.
  localstack = spawn(process.execPath, [main, 'localstack', '--endpoint-port', `${port}`], {
    stdio: 'ignore',
    detached: true,
  });
  await eventually(async () => expect((await fetch(`${url}/_localstack/health`)).status).toBe(200), 240_000, 500);
  system = await startSystem({ env: { AWS_ENDPOINT_URL: url } });
});

afterAll(async () => {
  await system?.dispose();
  if (localstack?.pid !== undefined && localstack.exitCode === null) {
    process.kill(-localstack.pid, 'SIGTERM');
    await once(localstack, 'exit');
  }
});

describeJourney(() => system);
