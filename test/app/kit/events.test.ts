import { expect, test } from '@jest/globals';
import { parseEvent } from '../../../app/kit/events.ts';

test('an event is read from the body of its message', () => {
  const event = { id: '1', type: 'payment.succeeded', at: '2026-01-01T00:00:00.000Z', payload: { orderId: 'o' } };
  expect(parseEvent(JSON.stringify(event))).toEqual(event);
});

test.each([undefined, '', 'hello', 'null', '[]', '{"type":"x","at":"y"}', '{"id":1,"type":"x","at":"y"}'])(
  'the body %j is no event',
  (body) => {
    expect(() => parseEvent(body)).toThrow();
  },
);
