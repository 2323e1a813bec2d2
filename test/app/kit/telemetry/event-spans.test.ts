import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { inSends } from '../../../../app/kit/telemetry/event-spans.ts';
import { recordSpans, type FinishedSpan } from '../../../../app/kit/telemetry/spans.ts';

const spans: FinishedSpan[] = [];
beforeEach(() => {
  spans.length = 0;
  recordSpans((span) => void spans.push(span));
});
afterEach(() => recordSpans(undefined));

/** An event whose trace and parent have ids of this digit. */
const event = (n: number) => ({
  id: `event-${n}`,
  type: 'thing.done',
  trace: { traceparent: `00-${String(n).repeat(32)}-${String(n).repeat(16)}-01` },
});
const shown = () => spans.map(({ trace, parentId, attributes }) => [trace.traceId, parentId, attributes['error.type']]);

test('each event of a batch has a span in its own trace, as an error if it is refused; one without a trace has none', async () => {
  const outcome = { refused: [{ id: 'event-2', error: 'InvalidParameter: ada@example.com' }] };
  expect(await inSends([event(1), event(2), { ...event(3), trace: null }], async () => outcome)).toBe(outcome);
  expect(shown()).toEqual([
    ['1'.repeat(32), '1'.repeat(16), undefined],
    ['2'.repeat(32), '2'.repeat(16), 'InvalidParameter'],
  ]);
  expect(spans[0]).toMatchObject({ name: 'send thing.done', attributes: { 'messaging.message.id': 'event-1' } });
});

test('an outage of the topic is the error of all', async () => {
  const down = Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
  await expect(inSends([event(1), event(2)], () => Promise.reject(down))).rejects.toBe(down);
  expect(shown().map(([, , error]) => error)).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
});
