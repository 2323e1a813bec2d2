import { expect, test } from '@jest/globals';
import { continueTrace, runInTrace, traceFields, traceHeaders } from '../../../app/kit/trace-context.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

test('a trace continues under its id, with a new span and the same flag and state', () => {
  const trace = continueTrace({
    'x-request-id': 'r-1',
    traceparent: `00-${traceId}-${spanId}-00`,
    tracestate: 'vendor=1',
  });
  expect(trace).toEqual({
    requestId: 'r-1',
    traceId,
    spanId: expect.stringMatching(/^[\da-f]{16}$/),
    parentId: spanId,
    sampled: false,
    tracestate: 'vendor=1',
  });
  expect(trace.spanId).not.toBe(spanId);
  expect(runInTrace(trace, traceHeaders)).toEqual({
    'x-request-id': 'r-1',
    traceparent: `00-${traceId}-${trace.spanId}-00`,
    tracestate: 'vendor=1',
  });
});

test('a later version is read as version 00, whatever follows its four fields', () => {
  expect(continueTrace({ traceparent: `cc-${traceId}-${spanId}-01-more` })).toMatchObject({ traceId, sampled: true });
});

test.each([
  [`00-${traceId}-${spanId}-01-more`, 'a version 00 with more than four fields'],
  [`ff-${traceId}-${spanId}-01`, 'version ff'],
  [`00-${'0'.repeat(32)}-${spanId}-01`, 'a trace id of zeros'],
  [`00-${traceId}-${'0'.repeat(16)}-01`, 'a parent id of zeros'],
  [`00-${traceId.toUpperCase()}-${spanId}-01`, 'upper-case digits'],
  [`00-${traceId}-${spanId}`, 'no flags'],
  [`00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`, 'two headers'],
  ['', 'an empty header'],
  [undefined, 'no header'],
])('%s (%s) begins a new trace, without the state of the old one', (traceparent, _what) => {
  const trace = continueTrace({ traceparent, tracestate: 'vendor=1' });
  expect(trace).toEqual({
    requestId: expect.any(String),
    traceId: expect.stringMatching(/^[\da-f]{32}$/),
    spanId: expect.stringMatching(/^[\da-f]{16}$/),
    sampled: true,
  });
  expect(trace.traceId).not.toBe(traceId);
});

test('outside a trace there is nothing to send or log', () => {
  expect([traceHeaders(), traceFields()]).toEqual([{}, {}]);
});
