import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { toEmf, type EmfDocument } from '../../../../app/kit/telemetry/emf.ts';
import { instruments, type Instrument, type Name } from '../../../../app/kit/telemetry/instruments.ts';
import { createMetrics, type Metrics } from '../../../../app/kit/telemetry/metrics.ts';
import { seriesOf } from '../../../../app/kit/telemetry/series.ts';

/**
 * The schema of the specification, "Embedded metric format JSON schema"
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */
const emfSchema = Type.Object({
  _aws: Type.Object({
    Timestamp: Type.Integer(),
    CloudWatchMetrics: Type.Array(
      Type.Object({
        Namespace: Type.String({ minLength: 1, maxLength: 1024 }),
        Dimensions: Type.Array(Type.Array(Type.String({ minLength: 1, maxLength: 250 }), { maxItems: 30 }), {
          minItems: 1,
        }),
        Metrics: Type.Array(
          Type.Object({
            Name: Type.String({ minLength: 1, maxLength: 1024 }),
            Unit: Type.Optional(Type.String()),
          }),
          { maxItems: 100 },
        ),
      }),
    ),
  }),
});

const exported = async (metrics: Metrics): Promise<EmfDocument[]> =>
  toEmf(seriesOf(await metrics.collect('delta')), 'dev', 1_700_000_000_000);

/** Measures something, with a value for each dimension. */
function measure(metrics: Metrics, name: Name): void {
  const { kind, dimensions }: Instrument = instruments[name];
  const labels = Object.fromEntries(dimensions.map((dimension) => [dimension, `a ${dimension}`]));
  if (kind === 'counter') metrics.add(name as 'RequestErrors', 3, labels as never);
  if (kind === 'histogram') metrics.record(name as 'RequestDuration', 3, labels as never);
  if (kind === 'gauge') metrics.observe(name as 'MemoryUsed', () => [{ value: 3, labels }]);
}

test.each(Object.entries(instruments))(
  '%s has its unit and dimensions, environment and service first',
  async (name, instrument) => {
    const { unit, dimensions, kind, total }: Instrument = instrument;
    const metrics = createMetrics();
    measure(metrics, name as Name);
    const all = ['environment', 'service', ...dimensions];
    const Dimensions = total ? [['environment', 'service'], all] : [all];
    expect(await exported(metrics)).toEqual([
      {
        _aws: {
          Timestamp: 1_700_000_000_000,
          CloudWatchMetrics: [{ Namespace: 'Headroom', Dimensions, Metrics: [{ Name: name, Unit: unit }] }],
        },
        environment: 'dev',
        ...Object.fromEntries(dimensions.map((dimension) => [dimension, `a ${dimension}`])),
        [name]: kind === 'histogram' ? { Values: [3], Counts: [1], Min: 3, Max: 3, Sum: 3, Count: 1 } : 3,
      },
    ]);
  },
);

test('documents match the schema, and have a value for each dimension and each metric they declare', async () => {
  const metrics = createMetrics();
  for (const name of Object.keys(instruments) as Name[]) measure(metrics, name);
  const documents = await exported(metrics);
  // One for each combination of dimensions.
  expect(documents).toHaveLength(8);
  for (const document of documents) {
    expect([...Value.Errors(emfSchema, document)]).toEqual([]);
    const { Dimensions, Metrics: declared } = document._aws.CloudWatchMetrics[0];
    // `service` is a field of every line of the log.
    const names = [...Dimensions.flat().filter((name) => name !== 'service'), ...declared.map(({ Name }) => Name)];
    for (const name of names) expect(document).toHaveProperty([name]);
  }
});

interface Distribution {
  Values: number[];
  Counts: number[];
  Count: number;
  Sum: number;
  Min: number;
  Max: number;
}

/** The smallest value that at least `percent` of the values are not larger than. */
function percentile(values: readonly number[], counts: readonly number[], percent: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let left = Math.ceil((percent / 100) * total);
  return values[counts.findIndex((count) => (left -= count) <= 0)] as number;
}

async function distribution(durations: readonly number[]): Promise<Distribution> {
  const metrics = createMetrics();
  for (const duration of durations) metrics.record('RequestDuration', duration, { route: 'GET /' });
  const [document] = await exported(metrics);
  return document?.['RequestDuration'] as Distribution;
}

const percents = [1, 50, 90, 99, 99.9, 100];
const durations = (from: number, to: number) =>
  fc.array(fc.double({ min: from, max: to, noNaN: true }), { minLength: 1, maxLength: 300 });

test.each([
  { from: 0.5, to: 2_000, error: 0.046 },
  { from: 0.01, to: 60_000, error: 0.096 },
])('percentiles of $from to $to ms are wrong by $error of the value at most', ({ from, to, error }) =>
  fc.assert(
    fc.asyncProperty(durations(from, to), async (given) => {
      const { Values, Counts } = await distribution(given);
      const sorted = given.toSorted((a, b) => a - b);
      const ones = sorted.map(() => 1);
      for (const percent of percents) {
        const exact = percentile(sorted, ones, percent);
        expect(Math.abs(percentile(Values, Counts, percent) - exact) / exact).toBeLessThanOrEqual(error);
      }
    }),
    { numRuns: 50 },
  ),
);

test('a distribution has exact totals, at most 100 values in ascending order, and less than 16 KB', () =>
  fc.assert(
    fc.asyncProperty(durations(0, 1e9), async (given) => {
      const { Values, Counts, ...totals } = await distribution(given);
      expect(totals).toEqual({
        Count: given.length,
        Min: Math.min(...given),
        Max: Math.max(...given),
        Sum: given.reduce((sum, value) => sum + value, 0),
      });
      expect(Counts.reduce((sum, count) => sum + count, 0)).toBe(given.length);
      expect(Values.length).toBe(Counts.length);
      expect(Values.length).toBeLessThanOrEqual(100);
      expect(Values).toEqual(Values.toSorted((a, b) => a - b));
      expect(JSON.stringify({ Values, Counts }).length).toBeLessThan(16_000);
    }),
    { numRuns: 50 },
  ));
