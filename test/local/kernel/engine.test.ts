import { expect, test } from '@jest/globals';

import { Type } from 'typebox';

import { createEngine } from '../../../local/kernel/engine.ts';
import { defineResource } from '../../../local/kernel/resource.ts';
import type { Template } from '../../../local/kernel/assembly/template.ts';
import { part, recorder, stack } from './recorder.ts';

test('a resource starts after the resources it refers to and depends on, with its references resolved', async () => {
  const { events, resources, engine } = recorder();
  const resourcesOfStack = {
    Third: part({ Second: { 'Fn::GetAtt': ['Second', 'Arn'] } }),
    Second: part({}, { DependsOn: 'First' }),
    First: part({ Password: '{{resolve:secretsmanager:db}}' }),
  };
  await engine(stack('one', { Resources: resourcesOfStack })).up();
  expect(events.filter((event) => event.startsWith('start'))).toEqual(['start First', 'start Second', 'start Third']);
  expect(resources.get('Third')?.properties).toEqual({ Second: 'Second-arn' });
  expect(resources.get('First')?.properties).toEqual({ Password: 'secret of db' });
});

test('an imported value is an edge to the exported resource of the other stack', async () => {
  const { events, resources, engine } = recorder();
  const app = stack('app', { Resources: { Service: part({ Url: { 'Fn::ImportValue': 'data-url' } }) } });
  const data = stack('data', {
    Resources: { Db: part() },
    Outputs: { Url: { Value: { 'Fn::Sub': 'db://${Db}' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}-url' } } } },
  });
  await engine(app, data).up();
  expect(events).toEqual(['start Db', 'up Db', 'start Service', 'up Service']);
  expect(resources.get('Service')?.properties).toEqual({ Url: 'db://Db-ref' });
});

test('a reference to an output of another stack is an edge', async () => {
  const { events, resources, engine } = recorder();
  const reference = { 'Fn::GetStackOutput': { StackName: 'data', OutputName: 'Url', Region: 'eu-central-1' } };
  const app = stack('app', { Resources: { Service: part({ Url: reference }) } });
  const data = stack('data', { Resources: { Db: part() }, Outputs: { Url: { Value: { Ref: 'Db' } } } });
  await engine(app, data).up();
  expect(events).toEqual(['start Db', 'up Db', 'start Service', 'up Service']);
  expect(resources.get('Service')?.properties).toEqual({ Url: 'Db-ref' });
});

test('independent resources start concurrently', async () => {
  const both = Promise.withResolvers<void>();
  let waiting = 0;
  const meet = async () => {
    waiting += 1;
    if (waiting === 2) both.resolve();
    await both.promise;
  };
  const { engine } = recorder({ A: meet, B: meet });
  await engine(stack('one', { Resources: { A: part(), B: part() } })).up();
  expect(waiting).toBe(2);
});

test('the system is up once every resource is steady, until it begins to stop', async () => {
  const phases: string[] = [];
  let isUp = (): boolean => true;
  const type = defineResource('Test::Observer', {
    properties: Type.Object({}),
    async up(_resource, context) {
      ({ isUp } = context);
      phases.push(`starting ${isUp()}`);
      return {
        ref: 'observer',
        steady: async () => void phases.push(`almost steady ${isUp()}`),
        stop: async () => void phases.push(`stopping ${isUp()}`),
      };
    },
  });
  const template = { Resources: { Observer: { Type: 'Test::Observer', Properties: {} } } };
  const engine = createEngine({ stacks: [stack('one', template)], definitions: [type], fetchSecret: async () => '' });
  await engine.up();
  phases.push(`up ${isUp()}`);
  await engine.stop();
  expect(phases).toEqual(['starting false', 'almost steady false', 'up true', 'stopping false']);
});

test('resources stop in reverse order', async () => {
  const { events, engine } = recorder();
  const running = engine(
    stack('one', { Resources: { A: part(), B: part({ a: { Ref: 'A' } }), C: part({ b: { Ref: 'B' } }) } }),
  );
  await running.up();
  events.length = 0;
  const stopped: string[] = [];
  running.events.on('event', (event) => {
    if (event.kind === 'state' && event.resource.state === 'stopped') stopped.push(event.resource.label ?? '');
  });
  await running.stop();
  expect(events).toEqual(['stop C', 'stop B', 'stop A']);
  expect(stopped).toEqual(['part C', 'part B', 'part A']);
});

test('a failed start stops every started resource; the error names the failed one and the reason', async () => {
  const { events, engine } = recorder({ C: () => Promise.reject(new Error('no room')) });
  const resources = {
    A: part(),
    B: part({ a: { Ref: 'A' } }),
    C: part({ b: { Ref: 'B' } }),
    D: part({ c: { Ref: 'C' } }),
  };
  await expect(engine(stack('one', { Resources: resources })).up()).rejects.toThrow(
    'Test::Part C of stack one could not be started: no room',
  );
  expect(events).toEqual(['start A', 'up A', 'start B', 'up B', 'start C', 'stop B', 'stop A']);
});

test('a stop during the start waits for resources that are starting, starts no others and stops all', async () => {
  const slow = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const startA = () => {
    begun.resolve();
    return slow.promise;
  };
  const { events, engine } = recorder({ A: startA });
  const running = engine(stack('one', { Resources: { A: part(), B: part({ a: { Ref: 'A' } }) } }));
  const up = running.up();
  await begun.promise;
  const stopped = running.stop();
  slow.resolve();
  await expect(up).rejects.toThrow('was not started');
  await stopped;
  expect(events).toEqual(['start A', 'up A', 'stop A']);
});

test('a resource whose condition is false is left out, also from DependsOn', async () => {
  const { events, engine } = recorder();
  await engine(
    stack('one', {
      Parameters: { Env: { Type: 'String', Default: 'local' } },
      Conditions: {
        IsProd: { 'Fn::Equals': [{ Ref: 'Env' }, 'prod'] },
        IsLocal: { 'Fn::Not': [{ Condition: 'IsProd' }] },
      },
      Resources: {
        A: part(
          { x: { 'Fn::If': ['IsProd', { Ref: 'Prod' }, 'none'] } },
          { DependsOn: ['Prod'], Condition: 'IsLocal' },
        ),
        Prod: part({}, { Condition: 'IsProd' }),
      },
    }),
  ).up();
  expect(events).toEqual(['start A', 'up A']);
});

test('other resources can use the name and ARN of a declared-only resource', async () => {
  const { resources, engine } = recorder();
  const running = engine(
    stack('one', {
      Resources: {
        Role: { Type: 'AWS::IAM::Role' },
        A: part({ role: { 'Fn::GetAtt': ['Role', 'Arn'] }, name: { Ref: 'Role' } }),
      },
    }),
  );
  await running.up();
  expect(running.declaredOnly()).toEqual({ 'AWS::IAM::Role': 1 });
  expect(resources.get('A')?.properties).toEqual({ role: 'arn:aws:iam::000000000000:role/Role', name: 'Role' });
});

test('every unknown type is listed before any resource starts', () => {
  const { events, engine } = recorder();
  const resources = { A: part(), Pool: { Type: 'AWS::Cognito::UserPool' }, Api: { Type: 'AWS::ApiGateway::RestApi' } };
  expect(() => engine(stack('one', { Resources: resources }))).toThrow(
    /AWS::Cognito::UserPool \(one\/Pool\)\n.*AWS::ApiGateway::RestApi \(one\/Api\)/,
  );
  expect(events).toEqual([]);
});

test('a circular dependency is refused with its path', () => {
  const { engine } = recorder();
  const resources = { A: part({ b: { Ref: 'B' } }), B: part({}, { DependsOn: ['C'] }), C: part({ a: { Ref: 'A' } }) };
  expect(() => engine(stack('one', { Resources: resources }))).toThrow('one/A -> one/B -> one/C -> one/A');
});

test.each<[string, Template, string]>([
  ['a missing resource', { Resources: { A: part({ x: { Ref: 'Ghost' } }) } }, 'one/A refers to one/Ghost'],
  ['a missing export', { Resources: { A: part({ x: { 'Fn::ImportValue': 'ghost' } }) } }, 'no stack exports ghost'],
  [
    'a missing output',
    { Resources: { A: part({ x: { 'Fn::GetStackOutput': { StackName: 'one', OutputName: 'Ghost' } } }) } },
    'one has no output Ghost',
  ],
  [
    'an output whose condition is false',
    {
      Conditions: { C: { 'Fn::Equals': ['a', 'b'] } },
      Resources: { A: part({ x: { 'Fn::GetStackOutput': { StackName: 'one', OutputName: 'Out' } } }) },
      Outputs: { Out: { Value: 'x', Condition: 'C' } },
    },
    'one has no output Out',
  ],
  [
    'an output of a stack in another region',
    {
      Resources: {
        A: part({ x: { 'Fn::GetStackOutput': { StackName: 'one', OutputName: 'Out', Region: 'us-east-1' } } }),
      },
      Outputs: { Out: { Value: 'x' } },
    },
    'there is no stack one in us-east-1',
  ],
  ['a missing condition', { Resources: { A: part({}, { Condition: 'Ghost' }) } }, 'no condition Ghost'],
  [
    'a condition that depends on itself',
    { Conditions: { C: { 'Fn::Not': [{ Condition: 'C' }] } }, Resources: { A: part({}, { Condition: 'C' }) } },
    'condition C depends on itself',
  ],
])('a reference to %s is refused', (_, template, message) => {
  expect(() => recorder().engine(stack('one', template))).toThrow(message);
});

test.each<[string, Template, string]>([
  [
    'a parameter without a default',
    { Parameters: { P: { Type: 'String' } }, Resources: { A: part({ x: { Ref: 'P' } }) } },
    'parameter P has no default',
  ],
  [
    'a parameter from SSM',
    {
      Parameters: { P: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/x' } },
      Resources: { A: part({ x: { Ref: 'P' } }) },
    },
    'parameter P comes from SSM',
  ],
  [
    'a missing attribute',
    { Resources: { B: part(), A: part({ x: { 'Fn::GetAtt': ['B', 'Ghost'] } }) } },
    'no attribute Ghost',
  ],
  ['an unknown intrinsic', { Resources: { A: part({ x: { 'Fn::Magic': 1 } }) } }, 'Properties.x: Fn::Magic is not'],
])('%s fails the resource that refers to it', async (_, template, message) => {
  await expect(recorder().engine(stack('one', template)).up()).rejects.toThrow(message);
});

test('parameters, list parameters and mappings are read from the template', async () => {
  const { resources, engine } = recorder();
  await engine(
    stack('one', {
      Parameters: { Size: { Type: 'Number', Default: 3 }, Zones: { Type: 'CommaDelimitedList', Default: 'a, b' } },
      Mappings: { Amis: { 'eu-central-1': { arm: 'ami-1' } } },
      Resources: {
        A: part({
          size: { Ref: 'Size' },
          zones: { Ref: 'Zones' },
          ami: { 'Fn::FindInMap': ['Amis', { Ref: 'AWS::Region' }, 'arm'] },
          azs: { 'Fn::GetAZs': '' },
          stack: { Ref: 'AWS::StackName' },
          partition: { 'Fn::Sub': '${AWS::Partition}/${AWS::AccountId}/${AWS::URLSuffix}' },
        }),
      },
    }),
  ).up();
  expect(resources.get('A')?.properties).toEqual({
    size: 3,
    zones: ['a', 'b'],
    ami: 'ami-1',
    azs: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
    stack: 'one',
    partition: 'aws/000000000000/amazonaws.com',
  });
});

test('changes of states and parts are emitted as events, and states can be read at any time', async () => {
  const { engine } = recorder();
  const running = engine(stack('one', { Resources: { A: part(), Role: { Type: 'AWS::IAM::Role' } } }));
  const reported: string[] = [];
  running.events.on('event', (event) => {
    if (event.kind === 'state') reported.push(`${event.resource.key} ${event.resource.state}`);
    if (event.kind === 'part') reported.push(`${event.key} ${event.part} ${event.change}`);
  });
  expect(running.states().map(({ state }) => state)).toEqual(['waiting', 'declared']);
  await running.up();
  expect(reported).toEqual(['one/A starting', 'one/A A-1 started', 'one/A running', 'one/A ready']);
  expect(running.states()[0]).toEqual({
    key: 'one/A',
    type: 'Test::Part',
    label: 'part A',
    state: 'ready',
    since: expect.stringMatching(/^\d{4}-.*Z$/),
    detail: 'at work',
    needs: [],
    actions: ['poke'],
  });
});

test('the state of a failed resource contains its error', async () => {
  const { engine } = recorder({ A: () => Promise.reject(new Error('no room')) });
  const running = engine(stack('one', { Resources: { A: part() } }));
  await expect(running.up()).rejects.toThrow('no room');
  expect(running.states()[0]).toMatchObject({ state: 'failed', error: expect.stringContaining('no room') });
});

test('resources have descriptions, and actions with typed parameters', async () => {
  const { engine } = recorder();
  const running = engine(stack('one', { Resources: { A: part() } }));
  await running.up();
  expect(await running.describe()).toEqual([{ parts: ['A'] }]);
  expect(await running.act('one/A', 'poke', { times: 2 })).toBe(4);
  await expect(running.act('one/A', 'poke', { times: 'twice' })).rejects.toThrow('times must be integer');
  await expect(running.act('one/A', 'poke', { times: 1, hard: true })).rejects.toThrow(
    /are not valid: there is no parameter hard$/,
  );
  await expect(running.act('one/A', 'dance', {})).rejects.toThrow('one/A has no action dance now. Its actions: poke.');
  await expect(running.act('one/A', 'toString', {})).rejects.toThrow('one/A has no action toString');
});

test('an unsupported property is refused by name before the resource starts', async () => {
  const { events, engine } = recorder();
  const running = engine(stack('one', { Resources: { A: part({ Colour: 'red' }) } }));
  await expect(running.up()).rejects.toThrow('Properties.Colour is not supported');
  expect(events).toEqual([]);
});
