import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { noValue, resolveIntrinsics, type Scope } from '../../../../local/kernel/assembly/intrinsics.ts';

const names: Record<string, unknown> = {
  Bucket: 'bucket-1',
  'AWS::Region': 'eu-central-1',
  'AWS::NoValue': noValue,
  Zones: ['a', 'b'],
};

const scope: Scope = {
  ref(name) {
    if (!(name in names)) throw new Error(`there is no ${name}`);
    return names[name];
  },
  attribute: (logicalId, name) => `${logicalId}/${name}`,
  condition: (name) => name === 'IsTrue',
  mapping: (name, top, second) => `${name}-${top}-${second}`,
  importValue: (name) => `imported ${name}`,
  stackOutput: (stack, output, region = 'here') => `${stack}:${output} ${region}`,
  zones: (region) => [`${region}a`, `${region}b`],
};

const resolve = (value: unknown) => resolveIntrinsics(value, scope, 'Properties');

describe('each intrinsic returns its value', () => {
  test.each<[string, unknown, unknown]>([
    ['Ref', { Ref: 'Bucket' }, 'bucket-1'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-central-1'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Db', 'Endpoint.Port'] }, 'Db/Endpoint.Port'],
    ['Fn::GetAtt as a dotted string', { 'Fn::GetAtt': 'Db.Endpoint.Port' }, 'Db/Endpoint.Port'],
    ['Fn::GetAtt with a computed attribute', { 'Fn::GetAtt': ['Db', { Ref: 'Bucket' }] }, 'Db/bucket-1'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Bucket' }, 3]] }, 'a-bucket-1-3'],
    ['Fn::Join of a computed list', { 'Fn::Join': [',', { Ref: 'Zones' }] }, 'a,b'],
    ['Fn::Split', { 'Fn::Split': ['-', { Ref: 'Bucket' }] }, ['bucket', '1']],
    ['Fn::Select', { 'Fn::Select': [1, ['a', 'b']] }, 'b'],
    ['Fn::Select with an index in a string', { 'Fn::Select': ['0', { 'Fn::Split': ['-', 'x-y'] }] }, 'x'],
    ['Fn::Sub', { 'Fn::Sub': '${Bucket}.${AWS::Region}.${Db.Arn}' }, 'bucket-1.eu-central-1.Db/Arn'],
    [
      'Fn::Sub with variables',
      { 'Fn::Sub': ['${A}-${Bucket}', { A: { Ref: 'AWS::Region' } }] },
      'eu-central-1-bucket-1',
    ],
    ['Fn::Sub with a literal', { 'Fn::Sub': 'echo ${!HOME} $x' }, 'echo ${HOME} $x'],
    ['Fn::ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': '${Bucket}:out' } }, 'imported bucket-1:out'],
    ['Fn::GetStackOutput', { 'Fn::GetStackOutput': { StackName: 'data', OutputName: 'Url' } }, 'data:Url here'],
    [
      'Fn::GetStackOutput with a region',
      { 'Fn::GetStackOutput': { StackName: 'data', OutputName: 'Url', Region: { Ref: 'AWS::Region' } } },
      'data:Url eu-central-1',
    ],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Amis', { Ref: 'AWS::Region' }, 'arm'] }, 'Amis-eu-central-1-arm'],
    ['Fn::GetAZs', { 'Fn::GetAZs': { Ref: 'AWS::Region' } }, ['eu-central-1a', 'eu-central-1b']],
    ['Fn::Base64', { 'Fn::Base64': 'grüß' }, 'Z3LDvMOf'],
    ['Fn::Cidr', { 'Fn::Cidr': ['10.0.0.0/16', 2, '8'] }, ['10.0.0.0/24', '10.0.1.0/24']],
    ['Fn::If of a true condition', { 'Fn::If': ['IsTrue', 'yes', { Ref: 'missing' }] }, 'yes'],
    ['Fn::If of a false condition', { 'Fn::If': ['IsFalse', { Ref: 'missing' }, 'no'] }, 'no'],
    ['Fn::Equals', { 'Fn::Equals': [{ Ref: 'Bucket' }, 'bucket-1'] }, true],
    ['Fn::Equals of different values', { 'Fn::Equals': ['a', 'b'] }, false],
    ['Fn::Not', { 'Fn::Not': [{ Condition: 'IsTrue' }] }, false],
    ['Fn::And', { 'Fn::And': [{ Condition: 'IsTrue' }, { Condition: 'IsFalse' }] }, false],
    ['Fn::Or', { 'Fn::Or': [{ Condition: 'IsFalse' }, { Condition: 'IsTrue' }] }, true],
    ['Condition', { Condition: 'IsTrue' }, true],
  ])('%s', (_, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });
});

test('AWS::NoValue leaves out the property or the list item that holds it', () => {
  const nothing = { 'Fn::If': ['IsFalse', 'x', { Ref: 'AWS::NoValue' }] };
  expect(resolve({ a: nothing, b: [1, nothing, 2], c: { d: nothing } })).toEqual({ b: [1, 2], c: {} });
});

test('intrinsics inside intrinsics inside properties are resolved', () => {
  const value = { List: [{ Url: { 'Fn::Join': ['', ['http://', { 'Fn::Select': [0, { Ref: 'Zones' }] }]] } }] };
  expect(resolve(value)).toEqual({ List: [{ Url: 'http://a' }] });
});

test('a policy statement with a Condition block is not an intrinsic', () => {
  const statement = { Condition: { Bool: { 'aws:SecureTransport': 'false' } } };
  expect(resolve(statement)).toEqual(statement);
});

describe('invalid intrinsics are refused with the reason', () => {
  test.each<[string, unknown, string]>([
    [
      'an unknown intrinsic',
      { A: [{ 'Fn::Transform': {} }] },
      'Properties.A[0]: Fn::Transform is not a supported intrinsic',
    ],
    ['a Ref to a missing resource', { A: { Ref: 'missing' } }, 'Properties.A: Ref: there is no missing'],
    ['an index beyond the list', { 'Fn::Select': [2, ['a']] }, 'there is no item 2 in a list of 1'],
    ['an index that is not a number', { 'Fn::Select': ['x', ['a']] }, 'there is no item NaN'],
    ['a Join with one argument', { 'Fn::Join': ['-'] }, 'expected a list of 2 and got ["-"]'],
    ['a Join of objects', { 'Fn::Join': ['-', [{ a: 1 }]] }, 'expected a string and got {"a":1}'],
    ['a Split with an empty delimiter', { 'Fn::Split': ['', 'a'] }, 'the delimiter is empty'],
    ['a Sub of a list', { 'Fn::Sub': '${Zones}' }, 'expected a string and got ["a","b"]'],
    ['a Sub with a missing name', { 'Fn::Sub': '${missing}' }, 'there is no missing'],
    ['a GetAtt without an attribute', { 'Fn::GetAtt': ['Db'] }, 'expected a list of 2'],
    ['an If with two arguments', { 'Fn::If': ['IsTrue', 'a'] }, 'expected a list of 3'],
    ['a Not of a string', { 'Fn::Not': ['maybe'] }, 'expected a condition and got "maybe"'],
    ['a Base64 of a list', { 'Fn::Base64': [] }, 'expected a string and got []'],
    ['an output without a name', { 'Fn::GetStackOutput': { StackName: 'data' } }, 'expected a string and got nothing'],
    ['a block that is too small', { 'Fn::Cidr': ['10.0.0.0/24', 2, 8] }, '10.0.0.0/24 is too small for 2 subnets'],
    ['an invalid block', { 'Fn::Cidr': ['10.0.0.300/24', 1, 4] }, '10.0.0.300/24 is not an IPv4 block'],
    ['a Join of a string', { 'Fn::Join': ['', 'a'] }, 'expected a list and got "a"'],
  ])('%s', (_, value, message) => {
    expect(() => resolve(value)).toThrow(message);
  });
});

test('values without intrinsics are unchanged', () => {
  fc.assert(
    fc.property(
      fc.jsonValue().filter((value) => !/"(?:Ref|Condition|Fn::[^"]*)":/.test(JSON.stringify(value))),
      (value) => {
        // JSON, and so a template, has no -0; a __proto__ key is excluded too.
        const json: unknown = JSON.parse(JSON.stringify(value));
        fc.pre(!JSON.stringify(json).includes('__proto__'));
        expect(resolve(json)).toEqual(json);
      },
    ),
  );
});

test('Split reverses Join for items that do not contain the delimiter', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string().filter((item) => !item.includes('|')),
        { minLength: 1 },
      ),
      (items) => {
        expect(resolve({ 'Fn::Split': ['|', { 'Fn::Join': ['|', items] }] })).toEqual(items);
      },
    ),
  );
});

test('Sub changes only its placeholders, for any value', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('${')),
      fc.string(),
      (text, value) => {
        expect(resolve({ 'Fn::Sub': [`${text}\${x}`, { x: value }] })).toBe(text + value);
      },
    ),
  );
});

test('subnets are consecutive and start at the beginning of the block', () => {
  const toNumber = (block: string) =>
    (block.split('/')[0] ?? '').split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  fc.assert(
    fc.property(
      fc.integer({ min: 8, max: 24 }),
      fc.integer({ min: 1, max: 8 }),
      fc.nat(0xff_ff_ff),
      (prefix, bits, low) => {
        const count = Math.min(2 ** (32 - prefix - bits), 16);
        fc.pre(count >= 1);
        const block = `10.${(low >> 16) & 255}.${(low >> 8) & 255}.${low & 255}/${prefix}`;
        const starts = (resolve({ 'Fn::Cidr': [block, count, bits] }) as string[]).map(toNumber);
        const first = Math.floor(toNumber(block) / 2 ** (32 - prefix)) * 2 ** (32 - prefix);
        expect(starts).toEqual(Array.from({ length: count }, (_, i) => first + i * 2 ** bits));
      },
    ),
  );
});
