import { afterEach, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createHealth,
  probe,
  startProbing,
  type Health,
} from '../../../../../local/resources/elbv2/load-balancer/health.ts';
import { createRig, until } from './rig.ts';

const rig = createRig();
afterEach(() => rig.stop());

const states = (results: string): string => {
  const health = createHealth({ healthyThreshold: 3, unhealthyThreshold: 2 });
  return Array.from(results, (result) => health.record(result === '+')[0]).join('');
};

test('a state changes after exactly as many consecutive results as its threshold', () => {
  // i = initial, h = healthy, u = unhealthy
  expect(states('+')).toBe('h');
  expect(states('--')).toBe('iu');
  expect(states('-+')).toBe('ih');
  expect(states('+-+--')).toBe('hhhhu');
  expect(states('--++-+++')).toBe('iuuuuuuh');
});

const check = { path: '/health', timeoutMs: 100, matcher: (status: number) => status === 200 };

test('a probe passes with the codes of its matcher only', async () => {
  const { port } = await rig.backend((request, response) => response.writeHead(Number(request.url!.slice(1))).end());
  const at = { host: '127.0.0.1', port };
  expect(await probe(at, { ...check, path: '/200' })).toBe('passed');
  expect(await probe(at, { ...check, path: '/503' })).toBe('failed');
  expect(await probe(at, { ...check, path: '/302', matcher: (status) => status < 400 })).toBe('passed');
});

test('a probe fails without a response in time', async () => {
  const { port } = await rig.backend(() => {});
  expect(await probe({ host: '127.0.0.1', port }, { ...check, path: '/never', timeoutMs: 30 })).toBe('failed');
});

test('a probe identifies itself and uses a connection of its own', async () => {
  const seen: unknown[] = [];
  const { port } = await rig.backend(({ headers }, response) => {
    seen.push([headers['user-agent'], headers.connection]);
    response.end();
  });
  await probe({ host: '127.0.0.1', port }, { ...check, path: '/' });
  expect(seen).toEqual([['ELB-HealthChecker/2.0', 'close']]);
});

test('a target that begins to listen late is healthy long before the next interval', async () => {
  const reserve = createServer().listen(0, '127.0.0.1');
  await once(reserve, 'listening');
  const { port } = reserve.address() as AddressInfo;
  await new Promise((resolve) => reserve.close(resolve));
  const seen: Health[] = [];
  const thresholds = { healthyThreshold: 5, unhealthyThreshold: 2 };
  const stop = startProbing({ host: '127.0.0.1', port }, { ...check, ...thresholds, intervalMs: 30_000 }, (health) =>
    seen.push(health),
  );
  await sleep(120);
  expect(seen).toEqual([]);
  const server = createServer((_, response) => response.end()).listen(port, '127.0.0.1');
  await until(() => seen.length > 0, 1000);
  stop();
  server.closeAllConnections();
  server.close();
  expect(seen).toEqual(['healthy']);
});

test('a target that never listens is unhealthy after as many intervals as its threshold', async () => {
  const seen: Health[] = [];
  const thresholds = { healthyThreshold: 5, unhealthyThreshold: 2, intervalMs: 60 };
  const startedAt = performance.now();
  const stop = startProbing({ host: '127.0.0.1', port: 1 }, { ...check, ...thresholds }, (health) => seen.push(health));
  await until(() => seen.includes('unhealthy'));
  stop();
  expect(seen).toEqual(['initial', 'unhealthy']);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(120);
});

test('probes follow the interval, and end when stopped', async () => {
  let probes = 0;
  const server = createServer((_, response) => {
    probes++;
    setTimeout(() => response.end(), 15);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const thresholds = { healthyThreshold: 2, unhealthyThreshold: 2, intervalMs: 40 };
  const startedAt = performance.now();
  const stop = startProbing({ host: '127.0.0.1', port }, { ...check, ...thresholds }, () => {});
  await until(() => probes === 4);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(3 * 40 - 5);
  stop();
  await sleep(100);
  expect(probes).toBe(4);
  server.closeAllConnections();
  server.close();
});
