import { expect, test } from '@jest/globals';
import { createMetrics } from '../../../../app/kit/telemetry/metrics.ts';
import { seriesOf } from '../../../../app/kit/telemetry/series.ts';
import { measured } from '../../../support/measured.ts';

test('what was measured before the SDK is loaded, while it loads and afterwards is counted', async () => {
  const metrics = createMetrics();
  metrics.add('SignUps', 1);
  const first = metrics.collect('cumulative');
  metrics.add('SignUps', 2);
  await first;
  metrics.add('SignUps', 4);
  expect(await measured(metrics)).toEqual({ SignUps: { '': 7 } });
});

test('each delta has what was measured since the last one, whatever was collected in between', async () => {
  const metrics = createMetrics();
  const delta = async () =>
    seriesOf(await metrics.collect('delta')).map(({ points }) => points.map(({ value }) => value));
  metrics.add('SignUps', 2);
  await metrics.collect('cumulative');
  expect(await delta()).toEqual([[2]]);
  metrics.add('SignUps', 3);
  expect(await measured(metrics)).toEqual({ SignUps: { '': 5 } });
  metrics.add('SignUps', 4);
  expect(await delta()).toEqual([[7]]);
  expect(await delta()).toEqual([]);
});

test('a metric that cannot be read, or not in time, is left out, the others are not', async () => {
  const metrics = createMetrics();
  metrics.observe('RequestsInFlight', () => new Promise(() => {}));
  metrics.observe('OutboxAge', () => Promise.reject(new Error('no database')));
  metrics.observe('MemoryUsed', () => [{ value: 1, labels: {} }]);
  expect(await measured(metrics)).toEqual({ MemoryUsed: { '': 1 } });
});

test('two sets of metrics share nothing', async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.add('SignUps', 1);
  await measured(one);
  expect(await measured(other)).toEqual({});
});
