import { expect, test } from '@jest/globals';
import { Type } from 'typebox';

import { accept, closed, ignored } from '../../../local/kernel/schema.ts';

const subject = { key: 'data/Queue', type: 'Test::Queue' };
const schema = Type.Object(
  {
    Name: Type.String(),
    Delay: Type.Number({ default: 5 }),
    Rules: Type.Optional(
      Type.Array(Type.Object({ Id: Type.String(), ...ignored('They describe the rule.', 'Comment') }, closed)),
    ),
    ...ignored('A laptop encrypts nothing.', 'KeyId KeyPeriod'),
  },
  closed,
);

test('numbers given as strings are converted and defaults filled in', () => {
  expect(accept(subject, schema, { Name: 'a' })).toEqual({ Name: 'a', Delay: 5 });
  expect(accept(subject, schema, { Name: 'a', Delay: '7' })).toEqual({ Name: 'a', Delay: 7 });
});

test('ignored properties are accepted at any depth and removed', () => {
  const given = { Name: 'a', Delay: 1, KeyId: 'k', KeyPeriod: 3, Rules: [{ Id: 'r', Comment: 'c' }] };
  expect(accept(subject, schema, given)).toEqual({ Name: 'a', Delay: 1, Rules: [{ Id: 'r' }] });
});

test('one refusal names every unsupported property with its path', () => {
  const given = { Name: 1.5, Colour: 'red', Rules: [{ Id: 'r', When: 'later' }] };
  expect(() => accept(subject, schema, { ...given, Name: {} })).toThrow(
    /data\/Queue \(Test::Queue\)[^]*Properties\.Name[^]*Properties\.Rules\.0\.When is not supported/,
  );
  expect(() => accept(subject, schema, given)).toThrow('Properties.Colour is not supported');
});

test('a refused list is named by its length, with the remedy of the property', () => {
  const one = Type.Object({ Rules: Type.Array(Type.String(), { maxItems: 1, remedy: 'Merge the rules.' }) }, closed);
  expect(() => accept(subject, one, { Rules: ['a', 'b'] })).toThrow(
    '- Properties.Rules = 2 items must not have more than 1 items. Merge the rules.',
  );
});
