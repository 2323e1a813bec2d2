import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';
import type { Instrument } from './instruments.ts';
import type { Series } from './series.ts';

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
export interface EmfDocument {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly [
      {
        readonly Namespace: string;
        readonly Dimensions: readonly (readonly string[])[];
        readonly Metrics: { readonly Name: string; readonly Unit: string }[];
      },
    ];
  };
  /** Values of dimensions and metrics, by name. */
  readonly [name: string]: unknown;
}

/**
 * Returns metrics as documents of CloudWatch's embedded metric format, one for all metrics that have the same dimensions with the
 * same values. `environment` is one of them; `service` is a field of each line of the log.
 */
export function toEmf(series: readonly Series[], environment: string, timestamp: number): EmfDocument[] {
  const documents = new Map<string, EmfDocument & Record<string, unknown>>();
  for (const { name, instrument, points } of series) {
    const sets = dimensionsOf(instrument);
    for (const { labels, value } of points) {
      const key = JSON.stringify([sets, labels]);
      let document = documents.get(key);
      if (document === undefined) {
        const directive = { Namespace: 'Headroom', Dimensions: sets, Metrics: [] };
        document = { _aws: { Timestamp: timestamp, CloudWatchMetrics: [directive] }, environment, ...labels };
        documents.set(key, document);
      }
      document._aws.CloudWatchMetrics[0].Metrics.push({ Name: name, Unit: instrument.unit });
      document[name] = typeof value === 'number' ? value : distributionOf(value);
    }
  }
  return [...documents.values()];
}

function dimensionsOf({ dimensions, total }: Instrument): string[][] {
  const common = ['environment', 'service'];
  const all = [...common, ...dimensions];
  return total ? [common, all] : [all];
}

/**
 * Returns the middle of each bucket and how many values it has, as AWS's own exporters do
 * (docs/decisions/0055-distributions-in-emf.md).
 */
function distributionOf(histogram: ExponentialHistogram) {
  const { scale, zeroCount, positive, count, sum = 0, min = 0, max = 0 } = histogram;
  const bound = (index: number) => 2 ** (index / 2 ** scale);
  const buckets = positive.bucketCounts
    .map((size, i) => ({ size, middle: (bound(positive.offset + i) + bound(positive.offset + i + 1)) / 2 }))
    .filter(({ size }) => size > 0);
  if (zeroCount > 0) buckets.unshift({ size: zeroCount, middle: 0 });
  return {
    Values: buckets.map(({ middle }) => round(Math.min(max, Math.max(min, middle)))),
    Counts: buckets.map(({ size }) => size),
    Min: min,
    Max: max,
    Sum: sum,
    Count: count,
  };
}

/** To five digits, which is more than the width of a bucket. */
const round = (value: number): number => Number(value.toPrecision(5));
