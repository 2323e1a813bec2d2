import { expect, jest, test } from '@jest/globals';

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
  const changes = await running.apply(async () => one(after));
  return { running, events, changes };
}

test('unchanged resources are not touched', async () => {
  const resources = { A: part(), B: adaptable({ a: { Ref: 'A' } }) };
  const { events, changes } = await change(resources, resources);
  expect(events).toEqual([]);
  expect(changes).toEqual({ created: [], updated: [], restarted: [], replaced: [], removed: [] });
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
  expect(changes).toMatchObject({ updated: ['one/B'], restarted: ['one/A'] });
});

test('a resource that only depends on a restarted one is not touched', async () => {
  const { changes } = await change(
    { A: part({ x: 1 }), B: { ...adaptable({}), DependsOn: 'A' } },
    { A: part({ x: 2 }), B: { ...adaptable({}), DependsOn: 'A' } },
  );
  expect(changes).toMatchObject({ updated: [], restarted: ['one/A'] });
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

const outputOf = (OutputName: string) => ({ 'Fn::GetStackOutput': { StackName: 'data', OutputName } });
const readerOf = (OutputName: string) =>
  stack('app', { Resources: { Reader: adaptable({ x: outputOf(OutputName) }) } });

test('a resource that reads an output of another stack follows its value', async () => {
  const { events, resources, engine } = recorder();
  const data = (id: string) =>
    stack('data', { Resources: { A: part(), B: part() }, Outputs: { Out: { Value: { Ref: id } } } });
  const running = engine(readerOf('Out'), data('A'));
  await running.up();
  events.length = 0;
  const changes = await running.apply(async () => [readerOf('Out'), data('B')]);
  expect(events).toEqual(['start Reader', 'up Reader']);
  expect(resources.get('Reader')?.properties).toEqual({ x: 'B-ref' });
  expect(changes).toMatchObject({ updated: ['app/Reader'], replaced: [], removed: [] });
});

test('a resource that reads an output of a replaced one is updated, even if the value is the same', async () => {
  const { events, engine } = recorder();
  const data = (name: string) =>
    stack('data', { Resources: { A: adaptable({ name }) }, Outputs: { Out: { Value: { Ref: 'A' } } } });
  const running = engine(readerOf('Out'), data('a'));
  await running.up();
  events.length = 0;
  const changes = await running.apply(async () => [readerOf('Out'), data('b')]);
  expect(events).toEqual(['remove A', 'start A', 'up A', 'start Reader', 'up Reader']);
  expect(changes).toMatchObject({ updated: ['app/Reader'], replaced: ['data/A'] });
});

test('an output and its reader are renamed in one apply; the resource behind the old output is removed last', async () => {
  const { events, engine } = recorder();
  const data = (id: string) =>
    stack('data', { Resources: { [id]: part() }, Outputs: { [`Out${id}`]: { Value: { Ref: id } } } });
  const running = engine(readerOf('OutA'), data('A'));
  await running.up();
  events.length = 0;
  await running.apply(async () => [readerOf('OutB'), data('B')]);
  expect(events).toEqual(['start B', 'up B', 'start Reader', 'up Reader', 'remove A']);
});

test('an apply that removes an output which is still read changes nothing', async () => {
  const { events, engine } = recorder();
  const data = stack('data', { Resources: { A: part() }, Outputs: { Out: { Value: { Ref: 'A' } } } });
  const running = engine(readerOf('Out'), data);
  await running.up();
  events.length = 0;
  const next = [readerOf('Out'), stack('data', { Resources: { A: part() } })];
  await expect(running.apply(async () => next)).rejects.toThrow('data has no output Out');
  expect(events).toEqual([]);
});

test('declared-only resources are no changes', async () => {
  const role = { Role: { Type: 'AWS::IAM::Role' } };
  expect((await change({}, role)).changes).toMatchObject({ created: [] });
  const { running, changes } = await change(role, {});
  expect(changes).toMatchObject({ removed: [] });
  expect(running.states()).toEqual([]);
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
  await expect(running.apply(async () => resources(2))).rejects.toThrow(
    'Test::Adaptable A of stack one could not be updated: no room',
  );
  const stateOf = (id: string) => running.states().find(({ key }) => key === `one/${id}`)?.state;
  expect(['A', 'B', 'C'].map(stateOf)).toEqual(['failed', 'ready', 'ready']);
  expect(events).toEqual(['start A']);
  broken = false;
  expect(await running.apply(async () => resources(2))).toMatchObject({ updated: ['one/A', 'one/C'] });
});

test('templates that cannot be run change nothing', async () => {
  const { events, engine } = recorder();
  const running = engine(...one({ A: part() }));
  await running.up();
  events.length = 0;
  await expect(running.apply(async () => one({ Pool: { Type: 'AWS::Cognito::UserPool' } }))).rejects.toThrow(
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
  const first = running.apply(async () => one({ A: adaptable({ x: 2 }) }));
  await expect(running.apply(async () => one({ A: adaptable({ x: 3 }) }))).rejects.toThrow(
    'Another apply is in progress',
  );
  const stopped = running.stop();
  slow.resolve();
  await Promise.all([first, stopped]);
  expect(events).toEqual(['start A', 'up A', 'stop A']);
});

test('an apply while the system starts is refused before the templates are read', async () => {
  const slow = Promise.withResolvers<void>();
  const { events, engine } = recorder({ A: () => slow.promise });
  const running = engine(...one({ A: part() }));
  const up = running.up();
  const read = jest.fn(async () => one({ A: part() }));
  await expect(running.apply(read)).rejects.toThrow('The system is still starting');
  expect(read).not.toHaveBeenCalled();
  slow.resolve();
  await up;
  expect(events).toEqual(['start A', 'up A']);
});

test('a resource that refers to a replaced one is updated by the next apply if this one fails before', async () => {
  let broken = false;
  const hooks = { B: () => (broken ? Promise.reject(new Error('no room')) : Promise.resolve()) };
  const { events, engine } = recorder(hooks);
  const resources = (x: number) =>
    one({ A: part({ x }), B: adaptable({ x }), C: adaptable({ a: { Ref: 'A' }, b: { Ref: 'B' } }) });
  const running = engine(...resources(1));
  await running.up();
  broken = true;
  await expect(running.apply(async () => resources(2))).rejects.toThrow('no room');
  broken = false;
  events.length = 0;
  expect(await running.apply(async () => resources(2))).toMatchObject({ updated: ['one/B', 'one/C'] });
  expect(await running.apply(async () => resources(2))).toMatchObject({ updated: [] });
});

test('after a failure nothing is removed until an apply succeeds', async () => {
  let broken = false;
  const hooks = { A: () => (broken ? Promise.reject(new Error('no room')) : Promise.resolve()) };
  const { events, engine } = recorder(hooks);
  const running = engine(...one({ A: adaptable({ b: { Ref: 'B' } }), B: part() }));
  await running.up();
  events.length = 0;
  broken = true;
  const next = async () => one({ A: adaptable({ x: 1 }) });
  await expect(running.apply(next)).rejects.toThrow('no room');
  expect(events).toEqual(['start A']);
  broken = false;
  expect(await running.apply(next)).toMatchObject({ updated: ['one/A'], removed: ['one/B'] });
});

test('a stop during an apply does not wait until the changed resources are steady', async () => {
  const neverSteady = Promise.withResolvers<void>();
  let waits = false;
  const { events, engine } = recorder({}, () => (waits ? neverSteady.promise : Promise.resolve()));
  const running = engine(...one({ A: adaptable({ x: 1 }), B: part() }));
  await running.up();
  events.length = 0;
  waits = true;
  const updated = new Promise<void>((resolve) =>
    running.events.on('event', (event) => event.kind === 'part' && resolve()),
  );
  const applied = running.apply(async () => one({ A: adaptable({ x: 2 }) }));
  await updated;
  await running.stop();
  neverSteady.resolve();
  await applied;
  expect(events.toSorted()).toEqual(['start A', 'stop A', 'stop B', 'up A']);
});

test('a resource that failed to become steady can be removed', async () => {
  let isSteady = true;
  const { engine } = recorder({}, async () => {
    if (!isSteady) throw new Error('it crashes');
  });
  const running = engine(...one({ A: adaptable({ x: 1 }) }));
  await running.up();
  isSteady = false;
  await expect(running.apply(async () => one({ A: adaptable({ x: 2 }) }))).rejects.toThrow(
    'A of stack one could not be updated: it crashes',
  );
  expect(await running.apply(async () => one({}))).toMatchObject({ removed: ['one/A'] });
});
