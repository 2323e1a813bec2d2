import { expect, test } from '@jest/globals';
import { Type } from 'typebox';
import { parseEvent, payloadOf } from '../../../app/kit/events.ts';

const contract = { type: 'thing.done', payload: Type.Object({ n: Type.Integer() }) };
const done = { id: '1', type: 'thing.done', at: '2026-01-01T00:00:00.000Z', payload: { n: 1 } };

test('an event is parsed from the body of its message', () => {
  const event = { id: '1', type: 'payment.succeeded', at: '2026-01-01T00:00:00.000Z', payload: { orderId: 'o' } };
  expect(parseEvent(JSON.stringify(event))).toEqual(event);
});

test.each(['', 'hello', 'null', '[]', '{"type":"x","at":"y"}', '{"id":1,"type":"x","at":"y"}'])(
  'the body %j is not an event',
  (body) => {
    expect(() => parseEvent(body)).toThrow();
  },
);

test('a payload is returned only if type and schema match the contract', () => {
  expect(payloadOf(done, contract)).toEqual({ n: 1 });
  expect(() => payloadOf({ ...done, type: 'thing.undone' }, contract)).toThrow('is thing.undone, expected thing.done');
  expect(() => payloadOf({ ...done, payload: { n: 'one' } }, contract)).toThrow();
});
