import type { Attributes, Counter, Histogram, ObservableGauge } from '@opentelemetry/api';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  MeterProvider,
  MetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { instruments } from './instruments.ts';

/** The metrics of `instruments`, by the SDK of OpenTelemetry. */
export interface Meter {
  add(name: string, count: number, labels: Attributes | undefined): void;
  record(name: string, value: number, labels: Attributes | undefined): void;
  observe(name: string, read: () => Points | Promise<Points>): void;
  collect(temporality: 'delta' | 'cumulative'): Promise<ResourceMetrics>;
}

type Points = readonly { readonly value: number; readonly labels: Attributes }[];

/**
 * Buckets of a histogram: with the one for zero, 100 at most, which CloudWatch takes in one document. Each is at most 9 % wide
 * while the largest value is up to 4,800 times the smallest, otherwise 19 %, up to 23 million times.
 */
const maxSize = 99;

/** How long a value may take to be read, in ms. A task that stops exports within 2 s, also while its database hangs. */
const readMs = 500;

export function createMeter(): Meter {
  const readers = {
    delta: new Reader({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA }),
    cumulative: new Reader({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE }),
  };
  const aggregation = {
    type: AggregationType.EXPONENTIAL_HISTOGRAM,
    options: { maxSize, recordMinMax: true },
  } as const;
  const provider = new MeterProvider({
    readers: Object.values(readers),
    views: [{ instrumentType: InstrumentType.HISTOGRAM, aggregation }],
  });
  const meter = provider.getMeter('headroom');
  const create = {
    counter: (name: string, unit: string) => meter.createCounter(name, { unit }),
    histogram: (name: string, unit: string) => meter.createHistogram(name, { unit }),
    gauge: (name: string, unit: string) => meter.createObservableGauge(name, { unit }),
  };
  const created = new Map(
    Object.entries(instruments).map(([name, { kind, unit }]) => [name, create[kind](name, units[unit])]),
  );

  return {
    add: (name, count, labels) => (created.get(name) as Counter).add(count, labels),
    record: (name, value, labels) => (created.get(name) as Histogram).record(value, labels),
    observe: (name, read) =>
      (created.get(name) as ObservableGauge).addCallback(async (result) => {
        for (const { value, labels } of await read()) result.observe(value, labels);
      }),
    // What could not be read is left out: the dependency at fault has its own log lines.
    collect: async (temporality) => (await readers[temporality].collect({ timeoutMillis: readMs })).resourceMetrics,
  };
}

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** In UCUM, as OpenTelemetry wants them (https://opentelemetry.io/docs/specs/semconv/general/metrics/#instrument-units). */
const units = { Bytes: 'By', Count: '1', Milliseconds: 'ms', None: '1', Percent: '%', Seconds: 's' } as const;
