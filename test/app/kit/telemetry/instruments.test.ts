import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { instruments, type Instrument } from '../../../../app/kit/telemetry/instruments.ts';

test('docs/metrics.md lists all metrics with their kind, unit and dimensions', () => {
  const rows = [...readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `([A-Z]\w+)` .*$/gm)].map(([row]) =>
    row
      .split('|')
      .slice(1, 6)
      .map((cell) => cell.trim()),
  );
  const expected = Object.entries<Instrument>(instruments).map(([name, { kind, unit, dimensions, total }]) => [
    `\`${name}\``,
    kind,
    unit,
    dimensions.join(', '),
    total ? '+' : '',
  ]);
  expect(rows).toEqual(expected);
});
