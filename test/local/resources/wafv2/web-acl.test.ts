import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { wafv2 } from '../../../../local/resources/wafv2/wafv2.ts';
import { createResources } from '../../../support/resources.ts';
import { send } from '../elbv2/load-balancer/rig.ts';
import { createFront } from '../front.ts';

const rateBased = {
  Name: 'rate',
  Priority: 0,
  Statement: { RateBasedStatement: { Limit: 10, EvaluationWindowSec: 60, AggregateKeyType: 'IP' } },
  Action: {
    Block: {
      CustomResponse: {
        ResponseCode: 429,
        CustomResponseBodyKey: 'busy',
        ResponseHeaders: [{ Name: 'Retry-After', Value: '60' }],
      },
    },
  },
};
const webAcl = (...Rules: object[]) => ({
  Scope: 'CLOUDFRONT',
  DefaultAction: { Allow: {} },
  VisibilityConfig: { MetricName: 'all' },
  CustomResponseBodies: { busy: { ContentType: 'APPLICATION_JSON', Content: '{"status":429}' } },
  Rules,
});

let front: Awaited<ReturnType<typeof createFront>>;
beforeEach(async () => {
  front = await createFront();
});
afterEach(() => front.stop());

test('the CDN refuses an address that sends more than a rule allows, and no other', async () => {
  const balancer = await front.loadBalancer();
  await front.listener(balancer.ref);
  const origin = await front.vpcOrigin(balancer.ref);
  const acl = await front.up('AWS::WAFv2::WebACL', 'WebAcl', webAcl(rateBased));
  await front.distribution(origin.ref, { config: { WebACLId: acl.attributes!['Arn'] } });
  const statusFrom = async (localAddress: string) => (await send(front.edgePort, '/', { localAddress })).status;
  for (let i = 0; i < 10; i += 1) expect(await statusFrom('127.0.0.1')).toBe(404);
  const refused = await send(front.edgePort, '/', { localAddress: '127.0.0.1' });
  expect(refused).toMatchObject({
    status: 429,
    body: '{"status":429}',
    headers: { 'content-type': 'application/json', 'retry-after': '60', 'x-cache': 'Error from cloudfront' },
  });
  expect(await statusFrom('127.0.0.2')).toBe(404);
});

test('without a web ACL nothing is refused', async () => {
  const balancer = await front.loadBalancer();
  await front.listener(balancer.ref);
  await front.distribution((await front.vpcOrigin(balancer.ref)).ref);
  for (let i = 0; i < 20; i += 1) expect((await send(front.edgePort, '/')).status).toBe(404);
});

test('a rule without a response of its own responds 403; groups of AWS are not run', async () => {
  const { definitions, webAcls } = wafv2({ accountId: '000000000000' });
  const resources = createResources(definitions);
  const group = {
    Name: 'common',
    Priority: 1,
    OverrideAction: { None: {} },
    Statement: { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesCommonRuleSet' } },
  };
  const { attributes } = await resources.up(
    'AWS::WAFv2::WebACL',
    'Acl',
    webAcl(group, { ...rateBased, Action: { Block: {} } }),
  );
  const check = webAcls.get(attributes!['Arn']!);
  const request = { client: { address: '127.0.0.1', port: 1 } };
  const statuses = Array.from({ length: 11 }, () => check(request)?.status);
  expect(statuses).toEqual([...Array<undefined>(10).fill(undefined), 403]);
});

test.each([
  [
    'another statement',
    { Statement: { GeoMatchStatement: { CountryCodes: ['DE'] } } },
    'GeoMatchStatement is not supported',
  ],
  ['another action', { Action: { Captcha: {} } }, 'Captcha is not supported'],
  [
    'another key of a rate',
    { Statement: { RateBasedStatement: { Limit: 10, AggregateKeyType: 'FORWARDED_IP' } } },
    'AggregateKeyType',
  ],
])('%s is refused by name', async (_what, change, message) => {
  const resources = createResources(wafv2({ accountId: '000000000000' }).definitions);
  await expect(resources.up('AWS::WAFv2::WebACL', 'Acl', webAcl({ ...rateBased, ...change }))).rejects.toThrow(message);
});
