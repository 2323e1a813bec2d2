import type { ExponentialHistogram, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { instruments, type Instrument } from './instruments.ts';

/** A metric with its values, one for each combination of labels. */
export interface Series {
  readonly name: string;
  readonly instrument: Instrument;
  readonly points: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number | ExponentialHistogram;
  }[];
}

/** Returns what was collected, without the generality of the SDK: labels are text, and histograms are exponential. */
export const seriesOf = ({ scopeMetrics }: ResourceMetrics): Series[] =>
  scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .map(({ descriptor: { name }, dataPoints }) => ({
      name,
      instrument: (instruments as Readonly<Record<string, Instrument>>)[name] as Instrument,
      points: dataPoints.map(({ attributes, value }) => ({ labels: attributes, value })) as Series['points'],
    }));
