import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { freePort } from '../../../local/host/free-port.ts';
import { createPorts } from '../../../local/host/ports.ts';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headroom-ports-'));
  file = join(directory, 'ports.json');
});

afterEach(() => rmSync(directory, { recursive: true }));

test('a name has the same port at each start, even if the preferred port changes', async () => {
  const preferred = await freePort();
  expect(await createPorts(file).reserve('postgres', preferred)).toBe(preferred);
  expect(await createPorts(file).reserve('postgres', preferred + 100)).toBe(preferred);
});

test('names that prefer the same port get different ones', async () => {
  const ports = createPorts(file);
  const preferred = await freePort();
  const reserved = await Promise.all(['a', 'b', 'c'].map((name) => ports.reserve(name, preferred)));
  expect(new Set(reserved).size).toBe(3);
});

test('a port that another process has taken is replaced', async () => {
  const preferred = await freePort();
  await createPorts(file).reserve('postgres', preferred);
  const server = createServer().listen(preferred, '127.0.0.1');
  await once(server, 'listening');
  const port = await createPorts(file).reserve('postgres', preferred);
  server.close();
  expect(port).not.toBe(preferred);
  expect(await createPorts(file).reserve('postgres', preferred)).toBe(port);
});
