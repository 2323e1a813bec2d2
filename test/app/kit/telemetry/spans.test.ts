import { afterEach, expect, test } from '@jest/globals';
import { inHop, inSpan, recordSpans, type FinishedSpan } from '../../../../app/kit/telemetry/spans.ts';
import {
  beginTrace,
  continueTrace,
  sampleTraces,
  traceFields,
  traceHeaders,
  type Trace,
} from '../../../../app/kit/trace-context.ts';

afterEach(() => {
  recordSpans(undefined);
  sampleTraces(1);
});

const named = (name: string) => () => ({ name, kind: 'CLIENT' as const, attributes: {} });

function record(): FinishedSpan[] {
  const spans: FinishedSpan[] = [];
  recordSpans((span) => void spans.push(span));
  return spans;
}

test('spans are children of the innermost one, calls too; log lines keep the id of the hop', async () => {
  const spans = record();
  const caller = { traceId: '1'.repeat(32), spanId: '2'.repeat(16) };
  const trace = continueTrace({ traceparent: `00-${caller.traceId}-${caller.spanId}-01` });
  let sent: string | undefined;
  let logged: object = {};
  await inHop(trace, named('hop'), () =>
    inSpan(named('outer'), () =>
      inSpan(named('inner'), async () => {
        sent = traceHeaders().traceparent;
        logged = traceFields();
      }),
    ),
  );
  const [inner, outer, hop] = spans as [FinishedSpan, FinishedSpan, FinishedSpan];
  expect([hop.name, hop.id, hop.parentId]).toEqual(['hop', trace.spanId, caller.spanId]);
  expect([outer.name, outer.parentId, inner.name, inner.parentId]).toEqual(['outer', hop.id, 'inner', outer.id]);
  expect(sent).toBe(`00-${caller.traceId}-${inner.id}-01`);
  expect(logged).toMatchObject({ traceId: caller.traceId, spanId: hop.id });
});

test('a failure is the error of its span, by code or class and never by its message', async () => {
  const spans = record();
  const fail = async (error: unknown) =>
    inHop(beginTrace({}), named('hop'), async () => {
      throw error;
    });
  await expect(fail(new RangeError('ada@example.com'))).rejects.toThrow('ada@example.com');
  await expect(fail(Object.assign(new Error('secret'), { code: '57014' }))).rejects.toThrow('secret');
  await expect(fail(undefined)).rejects.toBeUndefined();
  expect(spans.map(({ attributes }) => attributes)).toEqual([
    { 'error.type': 'RangeError' },
    { 'error.type': '57014' },
    { 'error.type': 'undefined' },
  ]);
});

test('outside a trace, and in one that is not sampled, nothing is recorded or described', async () => {
  const spans = record();
  const undescribed = () => {
    throw new Error('described');
  };
  const trace = continueTrace({ traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00` });
  expect(await inSpan(undescribed, async () => 1)).toBe(1);
  expect(await inHop(trace, undescribed, () => inSpan(undescribed, async () => traceHeaders().traceparent))).toBe(
    `00-${trace.traceId}-${trace.spanId}-00`,
  );
  expect(spans).toEqual([]);
});

test('the first hop samples by the ratio, and the others follow it', () => {
  const caller = (flags: string) => continueTrace({ traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-${flags}` });
  const part = (traces: Trace[]) => traces.filter(({ sampled }) => sampled).length / traces.length;
  const many = () => Array.from({ length: 4_000 }, () => beginTrace({}));
  sampleTraces(0);
  expect(part(many())).toBe(0);
  expect([caller('01').sampled, caller('00').sampled]).toEqual([true, false]);
  sampleTraces(1);
  expect(part(many())).toBe(1);
  expect([caller('01').sampled, caller('00').sampled]).toEqual([true, false]);
  sampleTraces(0.25);
  // Seven standard deviations.
  expect(Math.abs(part(many()) - 0.25)).toBeLessThan(0.05);
});
