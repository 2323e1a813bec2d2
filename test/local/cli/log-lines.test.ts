import { expect, test } from '@jest/globals';

import { isMetrics, parseLines, parseSince } from '../../../local/cli/log-lines.ts';

test('a time is a duration before now or an ISO 8601 time', () => {
  const now = Date.parse('2026-01-01T10:00:00Z');
  expect(parseSince('10m', now)).toBe('2026-01-01T09:50:00.000Z');
  expect(parseSince('2026-01-01T08:00:00Z')).toBe('2026-01-01T08:00:00.000Z');
  expect(parseSince('2026-01-01')).toBe('2026-01-01T00:00:00.000Z');
});

test.each(['5', 'May 5', '1.5h', '-1m', '2026-13-01', ''])('"%s" is not a time', (text) => {
  expect(parseSince(text)).toBeUndefined();
});

test('metrics are told from other lines of a log, also from those that name their member', () => {
  const lines = parseLines(
    'catalog',
    [
      '2026-01-01T10:00:00.000Z catalog-1 {"level":"info","_aws":{"Timestamp":1,"CloudWatchMetrics":[]},"msg":"metrics"}',
      '2026-01-01T10:00:00.000Z catalog-1 {"level":"info","msg":"_aws"}',
    ].join('\n'),
  );
  expect(lines.map(isMetrics)).toEqual([true, false]);
});
