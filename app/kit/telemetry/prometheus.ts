import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';
import type { Instrument } from './instruments.ts';
import type { Series } from './series.ts';

/** Upper bounds in ms. A power of two is a bound of the exponential buckets too, so the counts are exact. */
const bounds = Array.from({ length: 15 }, (_, exponent) => 2 ** exponent);

/**
 * Returns metrics in the text format of Prometheus, with `common` labels first. The serializer of OpenTelemetry has no
 * exponential histograms.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function toPrometheus(series: readonly Series[], common: Readonly<Record<string, string>>): string {
  const lines = series.flatMap(({ name, instrument: { kind, unit }, points }) => {
    const fullName = nameOf(name, unit) + (kind === 'counter' ? '_total' : '');
    const values = points.flatMap(({ labels, value }) => {
      const pairs = Object.entries({ ...common, ...labels }).map(([key, text]) => `${key}="${escape(text)}"`);
      return typeof value === 'number'
        ? [`${fullName}{${pairs.join(',')}} ${value}`]
        : histogramLines(fullName, pairs, value);
    });
    return [`# TYPE ${fullName} ${kind}`, ...values];
  });
  return `${lines.join('\n')}\n`;
}

function histogramLines(
  name: string,
  labels: string[],
  { positive, zeroCount, scale, count, sum = 0 }: ExponentialHistogram,
) {
  const upTo = (bound: number) =>
    positive.bucketCounts
      .slice(0, Math.max(0, Math.log2(bound) * 2 ** scale - positive.offset))
      .reduce((total, size) => total + size, zeroCount);
  return [
    ...bounds.map((bound) => `${name}_bucket{${[...labels, `le="${bound}"`].join(',')}} ${upTo(bound)}`),
    `${name}_bucket{${[...labels, 'le="+Inf"'].join(',')}} ${count}`,
    `${name}_sum{${labels.join(',')}} ${sum}`,
    `${name}_count{${labels.join(',')}} ${count}`,
  ];
}

/** `RequestDuration` in `Milliseconds` is `headroom_request_duration_milliseconds`. */
function nameOf(name: string, unit: Instrument['unit']): string {
  const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return `headroom${snake}${unit === 'Count' || unit === 'None' ? '' : `_${unit.toLowerCase()}`}`;
}

const escape = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
