import { Type } from 'typebox';

import type { ResourceDefinition, Stack, Template } from '../../../local/kernel/assembly/template.ts';
import { createEngine } from '../../../local/kernel/engine.ts';
import { action, declareOnly, defineResource, type Resource } from '../../../local/kernel/resource.ts';
import { closed } from '../../../local/kernel/schema.ts';

const names = [
  'a',
  'b',
  'c',
  'x',
  'role',
  'name',
  'size',
  'zones',
  'ami',
  'azs',
  'stack',
  'partition',
  'Second',
  'Password',
  'Url',
];
const anything = Object.fromEntries(names.map((name) => [name, Type.Optional(Type.Unknown())]));
export const part = (
  Properties: Record<string, unknown> = {},
  more: Partial<ResourceDefinition> = {},
): ResourceDefinition => ({
  Type: 'Test::Part',
  Properties,
  ...more,
});
export const stack = (name: string, template: Template): Stack => ({
  name,
  region: 'eu-central-1',
  accountId: '000000000000',
  template,
});

/**
 * An engine whose resources record when they start and stop. `hooks` run while a resource starts, by logical id.
 * @param steady of every resource
 */
export function recorder(
  hooks: Record<string, () => Promise<void>> = {},
  steady: () => Promise<void> = () => Promise.resolve(),
) {
  const events: string[] = [];
  const resources = new Map<string, Resource>();
  const partType = (type: string, update?: 'up') =>
    defineResource(type, {
      properties: Type.Object({ ...anything }),
      replaceOn: ['name'],
      label: ({ logicalId }) => `part ${logicalId}`,
      async up(resource, context) {
        const { logicalId } = resource;
        const known = resources.has(logicalId);
        resources.set(logicalId, resource);
        events.push(`start ${logicalId}`);
        await hooks[logicalId]?.();
        context.part(`${logicalId}-1`, 'started');
        events.push(`up ${logicalId}`);
        return {
          ref: `${logicalId}-ref`,
          attributes: { Arn: `${logicalId}-arn`, Known: String(known) },
          steady,
          detail: () => 'at work',
          describe: () => ({ parts: [logicalId] }),
          actions: { poke: action(Type.Object({ times: Type.Integer() }, closed), ({ times }) => times * 2) },
          stop: async () => void events.push(`stop ${logicalId}`),
          remove: async () => void events.push(`remove ${logicalId}`),
        };
      },
      update,
    });
  const definitions = [
    partType('Test::Part'),
    partType('Test::Adaptable', 'up'),
    declareOnly('AWS::IAM::Role', 'iam:role', 'A laptop has no roles.'),
  ];
  const engine = (...stacks: Stack[]) =>
    createEngine({ stacks, definitions, fetchSecret: async (id) => `secret of ${id}` });
  return { events, resources, engine };
}
