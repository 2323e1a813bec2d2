import { describe, expect, test } from '@jest/globals';

import type { EnvironmentProps } from '../../lib/config/environment-props.ts';
import { system } from '../../lib/system.ts';
import type { ServiceDefinition } from '../../lib/system.ts';
import { Account, referencesIn } from './cloudformation.ts';
import type { StackTemplate } from './cloudformation.ts';
import { environmentNames, stackNames, templateOf } from './environments.ts';
import { deploymentStacks } from './deployment-stacks.ts';

interface Variant {
  readonly props?: Partial<EnvironmentProps>;
  readonly definitions?: readonly ServiceDefinition[];
}

const synthesized = new Map<Variant, readonly StackTemplate[]>();

/** Returns the stacks of an environment, in the order in which they are deployed. */
function stacksOf(variant: Variant): readonly StackTemplate[] {
  const stacks = synthesized.get(variant) ?? synthesize(variant);
  synthesized.set(variant, stacks);
  return stacks;
}

function synthesize({ props, definitions = system }: Variant): StackTemplate[] {
  return deploymentStacks(props, definitions).map(({ stackName, template }) => ({
    stackName,
    template: template as StackTemplate['template'],
  }));
}

const without = (...names: string[]): ServiceDefinition[] => system.filter(({ name }) => !names.includes(name));
const only = (name: string, changes: object = {}): ServiceDefinition[] =>
  system.filter((it) => it.name === name).map((it) => Object.assign({}, it, changes));

const usual: Variant = {};
const withoutMailer: Variant = { definitions: without('mailer') };

// Each in both directions.
const pairs: readonly (readonly [what: string, one: Variant, other: Variant])[] = [
  ['a new or removed service', usual, withoutMailer],
  [
    'a renamed service',
    { definitions: without('auth') },
    { definitions: [...without('auth', 'sandbox'), ...only('sandbox', { name: 'auth' })] },
  ],
  ['a service added and another removed', withoutMailer, { definitions: without('sandbox') }],
  ['fewer or more replicas', { props: { database: { replicas: 2 } } }, { props: { database: { replicas: 0 } } }],
  ['a restored database', usual, { props: { database: { restoreFrom: 'friday' } } }],
  [
    'a database restored again',
    { props: { database: { restoreFrom: 'arn:aws:rds:eu-central-1:123456789012:snapshot:friday' } } },
    { props: { database: { restoreFrom: 'rds:automated-2026-01-01-03-00' } } },
  ],
  [
    'another set of queues',
    usual,
    {
      definitions: [
        ...without('orders', 'catalog'),
        ...only('orders', { receives: undefined }),
        ...only('catalog', { receives: ['payment.succeeded'] }),
      ],
    },
  ],
  [
    'another provider of payments',
    usual,
    {
      props: {
        sandbox: false,
        paymentProviderUrl: 'https://pay.example.com',
        paymentProviderSecretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:pay-AbCdEf',
      },
    },
  ],
  ['a database proxy', usual, { props: { database: { proxy: true } } }],
  ['AWS APIs without endpoints', usual, { props: { endpoints: false } }],
  [
    'another set of services with sessions',
    usual,
    {
      definitions: [
        ...without('orders', 'catalog'),
        ...only('orders', { sessions: undefined }),
        ...only('catalog', { sessions: 'read' }),
      ],
    },
  ],
];

describe.each(pairs)('%s', (_, one, other) => {
  test.each([
    ['there', one, other],
    ['back', other, one],
  ])('is deployed in the order of the stacks, %s', (_direction, before, after) => {
    const account = new Account();
    account.deploy(stacksOf(before));
    account.deploy(stacksOf(after));
    expect(account.stale()).toEqual([]);
  });
});

test.each(environmentNames)(
  'in %s, a reference names an output of an earlier stack, and nothing is exported',
  (name) => {
    const earlier = new Set<string>();
    let references = 0;
    for (const stack of stackNames) {
      const template = templateOf(name, stack);
      for (const reference of referencesIn(template)) {
        expect(earlier).toContain(reference);
        references += 1;
      }
      for (const [output, content] of Object.entries(template.Outputs ?? {})) {
        expect(content).not.toHaveProperty('Export');
        earlier.add(`headroom-${name}-${stack.toLowerCase()}.${output}`);
      }
    }
    expect(references).toBeGreaterThan(0);
  },
);

test('the stacks are deployed in the order of their names here', () => {
  const order = stacksOf(usual).map(({ stackName }) => stackName.replace('headroom-test-', ''));
  expect(order).toEqual(stackNames.map((stack) => stack.toLowerCase()));
});
