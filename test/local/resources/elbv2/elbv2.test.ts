import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { elbv2 } from '../../../../local/resources/elbv2/elbv2.ts';
import { statusMatcher } from '../../../../local/resources/elbv2/target-group.ts';
import { createRig, send, until } from './load-balancer/rig.ts';
import { createResources } from '../../../support/resources.ts';
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

test('references and attributes have the form of AWS, and are the same at each start', async () => {
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

test('everything that a load balancer cannot do here is refused by name in one error', async () => {
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
  [
    'a forward without a target group',
    { DefaultActions: [{ Type: 'forward' }] },
    'lacks the configuration of its type',
  ],
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

test('a rule for an address without a prefix length is refused, as it would match every client', async () => {
  const listener = await front.listener((await front.loadBalancer()).ref);
  const Actions = [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }];
  const Conditions = [{ Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.1'] } }];
  await expect(front.rule(listener.ref, 'address', { Conditions, Actions })).rejects.toThrow(
    'services/address: The source-ip 10.0.0.1 is not a CIDR block',
  );
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

test('the codes of a matcher are one, several or a range', () => {
  const matches = (codes: string) => [200, 201, 202, 299, 300].filter(statusMatcher(codes));
  expect(matches('200')).toEqual([200]);
  expect(matches('200,202')).toEqual([200, 202]);
  expect(matches('200-299')).toEqual([200, 201, 202, 299]);
});

const answers = (body: string) => [
  { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200', MessageBody: body } },
];

test('a listener is updated in place, default action and port, and keeps its rules', async () => {
  const balancer = await front.loadBalancer();
  const at = portOf(balancer.attributes?.['DNSName']);
  const listener = await front.listener(balancer.ref);
  await front.rule(listener.ref, 'rule', { Conditions: path('/rule'), Actions: answers('rule') });
  expect((await front.listener(balancer.ref, { DefaultActions: answers('changed') })).ref).toBe(listener.ref);
  expect((await send(at, '/')).body).toBe('changed');
  expect((await send(at, '/rule')).body).toBe('rule');

  const moved = await front.listener(balancer.ref, { Port: 8080, DefaultActions: answers('moved') });
  const { loadBalancers } = await front.status();
  expect(loadBalancers).toEqual([{ name: 'balancer', url: moved.detail!() }]);
  const movedTo = Number(new URL(moved.detail!()).port);
  expect((await send(movedTo, '/')).body).toBe('moved');
  expect((await send(movedTo, '/rule')).body).toBe('rule');
  await expect(send(at, '/')).rejects.toThrow('ECONNREFUSED');
});

test('a listener whose move to another port has failed listens again when the change is undone', async () => {
  const balancer = await front.loadBalancer();
  await front.listener(balancer.ref, { DefaultActions: answers('first') });
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  front.host.ports.reserve = async () => (taken.address() as AddressInfo).port;
  await expect(front.listener(balancer.ref, { Port: 8080 })).rejects.toThrow('EADDRINUSE');
  taken.close();
  const back = await front.listener(balancer.ref, { DefaultActions: answers('back') });
  expect((await send(Number(new URL(back.detail!()).port), '/')).body).toBe('back');
});

test('a rule is updated in place and removed by its stop', async () => {
  const balancer = await front.loadBalancer();
  const at = portOf(balancer.attributes?.['DNSName']);
  const listener = await front.listener(balancer.ref);
  await front.rule(listener.ref, 'rule', { Conditions: path('/rule'), Actions: answers('rule') });
  const rule = await front.rule(listener.ref, 'rule', {
    Priority: 7,
    Conditions: path('/changed'),
    Actions: answers('changed'),
  });
  expect((await send(at, '/rule')).status).toBe(404);
  expect((await send(at, '/changed')).body).toBe('changed');
  await rule.stop!();
  expect((await send(at, '/changed')).status).toBe(404);
});

test('attributes of a load balancer are updated in place', async () => {
  const balancer = await front.loadBalancer();
  const at = portOf(balancer.attributes?.['DNSName']);
  const group = await front.targetGroup('echo');
  await front.listener(balancer.ref, { DefaultActions: [{ Type: 'forward', TargetGroupArn: group.ref }] });
  const { port } = await rig.backend(({ headers }, response) => response.end(String(headers['x-forwarded-for'])));
  const targets = front.targetGroups.get(group.ref);
  targets.register({ id: 'task', host: '127.0.0.1', port });
  await until(() => targets.health('task') === 'healthy');
  expect((await send(at, '/')).body).toBe('127.0.0.1');
  await front.loadBalancer({ 'routing.http.xff_header_processing.mode': 'remove' });
  expect((await send(at, '/')).body).toBe('undefined');
});

test('a target group is updated in place: its targets stay registered', async () => {
  const { ref } = await front.targetGroup('orders');
  const { port } = await rig.backend(({ url }, response) => response.writeHead(url === '/strict' ? 500 : 200).end());
  const targets = front.targetGroups.get(ref);
  targets.register({ id: 'task', host: '127.0.0.1', port });
  await until(() => targets.health('task') === 'healthy');
  await front.targetGroup('orders', { 'stickiness.enabled': 'true' }, { HealthCheckIntervalSeconds: 5 });
  expect(front.targetGroups.get(ref)).toBe(targets);
  expect(targets.health('task')).toBe('healthy');
  expect(targets.choose(undefined)?.setCookies[0]).toMatch(/^AWSALB=/);
});

test('load balancers of one logical id in two stacks have ports of their own', async () => {
  const { definitions } = elbv2(front.host);
  const type = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
  const balancers = ['one', 'two'].map((stack) => createResources(definitions, stack).up(type, 'Balancer', {}));
  const [one, two] = (await Promise.all(balancers)).map(({ attributes }) => attributes?.['DNSName']);
  expect(one).not.toBe(two);
});

test('a load balancer without a listener has no URL; one with a name is shown by it', async () => {
  await front.loadBalancer({}, { Name: 'shop', Scheme: 'internet-facing' });
  expect((await front.status()).loadBalancers).toEqual([{ name: 'shop', url: '' }]);
});
