import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, jest } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePorts, startSystem, type System } from '../support/system.ts';
import { describeJourney } from './journey.ts';

jest.setTimeout(300_000);

const main = resolve(import.meta.dirname, '../../local/cli/main.ts');

let localstack: ChildProcess;
let system: System;

beforeAll(async () => {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  localstack = spawn(process.execPath, [main, 'localstack', '--endpoint-port', `${port}`], { stdio: 'ignore' });
  await eventually(async () => expect((await fetch(`${url}/_localstack/health`)).status).toBe(200), 240_000, 500);
  system = await startSystem({ env: { AWS_ENDPOINT_URL: url } });
});

afterAll(async () => {
  await system?.dispose();
  if (localstack?.kill('SIGTERM')) await once(localstack, 'exit');
});

describeJourney(() => system);
