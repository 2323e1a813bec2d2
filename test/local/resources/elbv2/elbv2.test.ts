import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { statusMatcher } from '../../../../local/resources/elbv2/target-group.ts';
import { createRig, send, until } from './load-balancer/rig.ts';
import { createFront } from '../front.ts';

const rig = createRig();
let front: Awaited<ReturnType<typeof createFront>>;
beforeEach(async () => {
  front = await createFront();
});
afterEach(async () => {
  await front.stop();
  await rig.stop();
});

const portOf = (dnsName: string | undefined) => Number(dnsName?.split(':')[1]);
const path = (...Values: string[]) => [{ Field: 'path-pattern', PathPatternConfig: { Values } }];

test('the load balancer of a template routes to the tasks of its target groups', async () => {
  const balancer = await front.loadBalancer();
  const listener = await front.listener(balancer.ref);
  const group = await front.targetGroup('orders');
  const Actions = [{ Type: 'forward', TargetGroupArn: group.ref }];
  await front.rule(listener.ref, 'ordersRule', { Conditions: path('/api/orders', '/api/orders/*'), Actions });
  const { port } = await rig.backend(({ url }, response) => response.end(`orders ${url}`));
  const targets = front.targetGroups.get(group.ref);
  targets.register({ id: 'task', host: '127.0.0.1', port });
  await until(() => targets.health('task') === 'healthy');

  const at = portOf(balancer.attributes?.['DNSName']);
  expect((await send(at, '/api/orders/7?full=1')).body).toBe('orders /api/orders/7?full=1');
  expect(await send(at, '/nowhere')).toMatchObject({ status: 404, body: '{"status":404}' });
});

test('references and attributes look as AWS’s do, and are the same each time', async () => {
  const balancer = await front.loadBalancer();
  expect(balancer.ref).toMatch(
    /^arn:aws:elasticloadbalancing:eu-central-1:000000000000:loadbalancer\/app\/Balancer\/[0-9a-f]{16}$/,
  );
  expect(balancer.ref.endsWith(balancer.attributes!['LoadBalancerFullName']!)).toBe(true);
  const group = await front.targetGroup('orders');
  expect(group.attributes!['TargetGroupFullName']).toMatch(/^targetgroup\/orders\/[0-9a-f]{16}$/);
  const listener = await front.listener(balancer.ref);
  expect(listener.ref).toMatch(/:listener\/app\/Balancer\/[0-9a-f]{16}\/[0-9a-f]{16}$/);
  expect((await (await createFront()).loadBalancer()).ref).toBe(balancer.ref);
});

test('attributes are honoured: stickiness, idle timeout, weights', async () => {
  const balancer = await front.loadBalancer({ 'idle_timeout.timeout_seconds': '1' });
  const group = await front.targetGroup('orders', { 'stickiness.enabled': 'true', 'stickiness.type': 'lb_cookie' });
  const ForwardConfig = { TargetGroups: [{ TargetGroupArn: group.ref, Weight: 1 }] };
  await front.listener(balancer.ref, { DefaultActions: [{ Type: 'forward', ForwardConfig }] });
  const { port } = await rig.backend(({ url }, response) => void (url === '/hang' || response.end()));
  const targets = front.targetGroups.get(group.ref);
  targets.register({ id: 'task', host: '127.0.0.1', port });
  await until(() => targets.health('task') === 'healthy');
  const at = portOf(balancer.attributes?.['DNSName']);
  expect((await send(at, '/')).headers['set-cookie']![0]).toMatch(/^AWSALB=/);
  expect((await send(at, '/hang')).status).toBe(504);
});

test('what a load balancer cannot do here is refused by name, all at once', async () => {
  const refused = front.loadBalancer({ 'routing.http.made_up': '1', 'idle_timeout.timeout_seconds': '0' });
  await expect(refused).rejects.toThrow(/services\/Balancer .*LoadBalancer\) cannot be run here/);
  await expect(refused).rejects.toThrow('routing.http.made_up is not supported');
  await expect(refused).rejects.toThrow('idle_timeout.timeout_seconds = 0 must be >= 1');
  await expect(front.loadBalancer({}, { Type: 'network' })).rejects.toThrow('Properties.Type = "network"');
});

test.each([
  [
    'HTTPS',
    { Port: 443, Protocol: 'HTTPS', Certificates: [{ CertificateArn: 'a' }] },
    /services\/Http: .*Protocol = "HTTPS" or Certificates is not supported.* ApplicationProtocol.HTTP/,
  ],
  [
    'authentication',
    { DefaultActions: [{ Type: 'authenticate-oidc' }] },
    'Properties.DefaultActions.0.Type = "authenticate-oidc"',
  ],
  ['a forward to nothing', { DefaultActions: [{ Type: 'forward' }] }, 'lacks the configuration of its type'],
])('a listener with %s is refused by name', async (_, more, message) => {
  const balancer = await front.loadBalancer();
  await expect(front.listener(balancer.ref, more)).rejects.toThrow(message);
});

test.each([
  ['Lambda targets', {}, { TargetType: 'lambda' }, 'Properties.TargetType = "lambda"'],
  ['HTTPS targets', {}, { Protocol: 'HTTPS' }, 'Properties.Protocol = "HTTPS"'],
  ['HTTP/2', {}, { ProtocolVersion: 'HTTP2' }, 'Properties.ProtocolVersion = "HTTP2"'],
  ['fixed targets', {}, { Targets: [{ Id: '10.0.0.1' }] }, 'Properties.Targets is not supported'],
  ['application cookies', { 'stickiness.type': 'app_cookie' }, {}, 'stickiness.type = "app_cookie"'],
  ['anomaly mitigation', { 'load_balancing.algorithm.anomaly_mitigation': 'on' }, {}, 'anomaly_mitigation = "on"'],
  [
    'slow start without round robin',
    { 'slow_start.duration_seconds': '30', 'load_balancing.algorithm.type': 'weighted_random' },
    {},
    'round_robin only',
  ],
])('a target group with %s is refused by name', async (_, attributes, more, message) => {
  await expect(front.targetGroup('orders', attributes, more)).rejects.toThrow(message);
});

test('two rules of one priority are refused, naming the second', async () => {
  const listener = await front.listener((await front.loadBalancer()).ref);
  const more = { Conditions: path('/'), Actions: [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_302' } }] };
  await front.rule(listener.ref, 'first', more);
  await expect(front.rule(listener.ref, 'second', more)).rejects.toThrow('services/second: Two rules');
});

test('a rule with a regular expression or a transform is refused by name', async () => {
  const listener = await front.listener((await front.loadBalancer()).ref);
  const Actions = [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }];
  const Conditions = [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/a'] } }];
  await expect(front.rule(listener.ref, 'regex', { Conditions, Actions })).rejects.toThrow(
    'RegexValues is not supported',
  );
  await expect(
    front.rule(listener.ref, 'transform', { Conditions: path('/'), Actions, Transforms: [] }),
  ).rejects.toThrow('Transforms is not supported');
});

test('codes of a healthy answer are one, several or a range', () => {
  const matches = (codes: string) => [200, 201, 202, 299, 300].filter(statusMatcher(codes));
  expect(matches('200')).toEqual([200]);
  expect(matches('200,202')).toEqual([200, 202]);
  expect(matches('200-299')).toEqual([200, 201, 202, 299]);
});
