import { afterEach, expect, test } from '@jest/globals';
import {
  byWeight,
  forwardTo,
  redirectUrl,
  type Redirect,
} from '../../../../../local/resources/elbv2/load-balancer/actions.ts';
import { createRig, send, until } from './rig.ts';

const rig = createRig();
afterEach(() => rig.stop());

test('a fixed response is sent as stated', async () => {
  const { port } = await rig.balancer({
    type: 'fixed-response',
    status: 404,
    contentType: 'application/json',
    body: '{"status":404}',
  });
  const answer = await send(port, '/');
  expect(answer).toMatchObject({ status: 404, body: '{"status":404}' });
  expect(answer.headers['content-type']).toBe('application/json');
  expect((await send(port, '/', { method: 'HEAD' })).headers['content-length']).toBe('14');
});

test('a fixed response also ends a request with a body', async () => {
  const { port } = await rig.balancer({ type: 'fixed-response', status: 404, body: 'no' });
  expect((await send(port, '/', { method: 'POST', body: 'x'.repeat(2_000_000) })).status).toBe(404);
});

const unchanged: Redirect = {
  type: 'redirect',
  status: 302,
  protocol: '#{protocol}',
  host: '#{host}',
  port: '#{port}',
  path: '/#{path}',
  query: '#{query}',
};
const from = (host: string, url: string) => ({ headers: ['Host', host], url });

test('a redirect keeps every part it does not change', () => {
  expect(redirectUrl(unchanged, from('a.example:8080', '/x/y?z=1'))).toBe('http://a.example:8080/x/y?z=1');
  expect(redirectUrl({ ...unchanged, path: '/new/#{path}' }, from('a.example', '/x'))).toBe('http://a.example/new/x');
  expect(redirectUrl({ ...unchanged, protocol: 'HTTPS', port: '443' }, from('a.example:80', '/?q'))).toBe(
    'https://a.example/?q',
  );
});

test('a redirect responds with its status and location', async () => {
  const { port } = await rig.balancer({ ...unchanged, host: 'elsewhere.example', port: '80' });
  const answer = await send(port, '/here');
  expect([answer.status, answer.headers.location]).toEqual([302, 'http://elsewhere.example/here']);
});

test('groups get requests by weight, and a group of weight 0 gets none', () => {
  const [a, b, none] = [3, 1, 0].map((weight) => ({ group: rig.group(), weight }));
  const groups = [none!, a!, b!];
  const chosen = Array.from({ length: 400 }, (_, index) => byWeight(groups, index / 400));
  expect(chosen.filter((each) => each === a)).toHaveLength(300);
  expect(chosen.filter((each) => each === b)).toHaveLength(100);
});

test('a sticky client stays with its group', async () => {
  const groups = [];
  for (const name of ['blue', 'green']) {
    const { port } = await rig.backend((_, response) => response.end(name));
    const group = rig.group();
    group.register({ id: name, host: '127.0.0.1', port });
    await until(() => group.health(name) === 'healthy');
    groups.push({ group, weight: 1 });
  }
  const { port } = await rig.balancer(forwardTo(groups, 60_000));
  const first = await send(port, '/');
  const cookie = first.headers['set-cookie']!.map((each) => each.split(';')[0]).join('; ');
  expect(cookie).toContain('AWSALBTG=');
  for (let time = 0; time < 8; time++) expect((await send(port, '/', { headers: { cookie } })).body).toBe(first.body);
});
