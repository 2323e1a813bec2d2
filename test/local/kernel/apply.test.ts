import { expect, test } from '@jest/globals';

import type { ResourceDefinition, Template } from '../../../local/kernel/assembly/template.ts';
import { part, recorder, stack } from './recorder.ts';

const adaptable = (properties: Record<string, unknown>): ResourceDefinition =>
  part(properties, { Type: 'Test::Adaptable' });
const one = (Resources: NonNullable<Template['Resources']>) => [stack('one', { Resources })];

/**
 * Brings the `before` resources up, then applies the `after` resources. Returns the events and changes of the apply.
 */
async function change(before: Parameters<typeof one>[0], after: Parameters<typeof one>[0], hooks = {}) {
  const { events, engine } = recorder(hooks);
  const running = engine(...one(before));
  await running.up();
  events.length = 0;
  const changes = await running.apply(one(after));
  return { running, events, changes };
}

test('unchanged resources are not touched', async () => {
  const resources = { A: part(), B: adaptable({ a: { Ref: 'A' } }) };
  const { events, changes } = await change(resources, resources);
  expect(events).toEqual([]);
  expect(changes).toEqual({ created: [], updated: [], replaced: [], removed: [] });
});

test('a resource that supports updates is updated in place, and resources that refer to it are not touched', async () => {
  const { events, changes } = await change(
    { A: adaptable({ x: 1 }), B: part({ a: { Ref: 'A' } }) },
    { A: adaptable({ x: 2 }), B: part({ a: { Ref: 'A' } }) },
  );
  expect(events).toEqual(['start A', 'up A']);
  expect(changes).toMatchObject({ updated: ['one/A'], replaced: [] });
});

test('a resource without updates is stopped and started again, and resources that refer to it are updated', async () => {
  const { events, changes } = await change(
    { A: part({ x: 1 }), B: adaptable({ a: { Ref: 'A' } }), C: part({ b: { Ref: 'B' } }) },
    { A: part({ x: 2 }), B: adaptable({ a: { Ref: 'A' } }), C: part({ b: { Ref: 'B' } }) },
  );
  expect(events).toEqual(['stop A', 'start A', 'up A', 'start B', 'up B']);
  expect(changes).toMatchObject({ updated: ['one/B'], replaced: ['one/A'] });
});

test('a resource that only depends on a replaced one is not touched', async () => {
  const { changes } = await change(
    { A: part({ x: 1 }), B: { ...adaptable({}), DependsOn: 'A' } },
    { A: part({ x: 2 }), B: { ...adaptable({}), DependsOn: 'A' } },
  );
  expect(changes).toMatchObject({ updated: [], replaced: ['one/A'] });
});

test('a change of a property in replaceOn replaces the resource', async () => {
  const { events, changes } = await change({ A: adaptable({ name: 'a' }) }, { A: adaptable({ name: 'b' }) });
  expect(events).toEqual(['remove A', 'start A', 'up A']);
  expect(changes.replaced).toEqual(['one/A']);
});

test('a resource whose type changes is removed and created', async () => {
  const { events, changes } = await change({ A: part() }, { A: adaptable({}) });
  expect(events).toEqual(['remove A', 'start A', 'up A']);
  expect(changes.created).toEqual(['one/A']);
});

test('new resources start after those they refer to; dropped resources are removed last, dependents first', async () => {
  const { running, events, changes } = await change(
    { A: part(), B: part({ a: { Ref: 'A' } }) },
    { C: part(), D: part({ c: { Ref: 'C' } }) },
  );
  expect(events).toEqual(['start C', 'up C', 'start D', 'up D', 'remove B', 'remove A']);
  expect(changes).toMatchObject({ created: ['one/C', 'one/D'], removed: ['one/B', 'one/A'] });
  expect(running.states().map(({ key }) => key)).toEqual(['one/C', 'one/D']);
});

test('after a failure the other resources keep running, and the next apply tries the failed one again', async () => {
  let broken = false;
  const hooks = { A: () => (broken ? Promise.reject(new Error('no room')) : Promise.resolve()) };
  const { events, engine } = recorder(hooks);
  const resources = (x: number) => one({ A: adaptable({ x }), B: part(), C: adaptable({ a: { Ref: 'A' }, x }) });
  const running = engine(...resources(1));
  await running.up();
  events.length = 0;
  broken = true;
  await expect(running.apply(resources(2))).rejects.toThrow(
    'Test::Adaptable A of stack one could not be updated: no room',
  );
  const stateOf = (id: string) => running.states().find(({ key }) => key === `one/${id}`)?.state;
  expect(['A', 'B', 'C'].map(stateOf)).toEqual(['failed', 'ready', 'ready']);
  expect(events).toEqual(['start A']);
  broken = false;
  expect(await running.apply(resources(2))).toMatchObject({ updated: ['one/A', 'one/C'] });
});

test('templates that cannot be run change nothing', async () => {
  const { events, engine } = recorder();
  const running = engine(...one({ A: part() }));
  await running.up();
  events.length = 0;
  await expect(running.apply(one({ Pool: { Type: 'AWS::Cognito::UserPool' } }))).rejects.toThrow(
    'AWS::Cognito::UserPool',
  );
  expect(events).toEqual([]);
  await running.stop();
  expect(events).toEqual(['stop A']);
});

test('a second apply at the same time is refused, and a stop waits for the first', async () => {
  const slow = Promise.withResolvers<void>();
  let waits = false;
  const { events, engine } = recorder({ A: async () => (waits ? slow.promise : undefined) });
  const running = engine(...one({ A: adaptable({ x: 1 }) }));
  await running.up();
  events.length = 0;
  waits = true;
  const first = running.apply(one({ A: adaptable({ x: 2 }) }));
  await expect(running.apply(one({ A: adaptable({ x: 3 }) }))).rejects.toThrow('Another apply is in progress');
  const stopped = running.stop();
  slow.resolve();
  await Promise.all([first, stopped]);
  expect(events).toEqual(['start A', 'up A', 'stop A']);
});
