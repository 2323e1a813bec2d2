import type { Metrics } from '../../app/kit/telemetry/metrics.ts';
import { seriesOf } from '../../app/kit/telemetry/series.ts';

/**
 * Returns what was measured since the start: by metric, then by the values of its labels, joined by commas. Of a histogram, how
 * many values it has.
 */
export async function measured(metrics: Metrics): Promise<Record<string, Record<string, number>>> {
  const series = seriesOf(await metrics.collect('cumulative'));
  return Object.fromEntries(
    series.map(({ name, points }) => [
      name,
      Object.fromEntries(
        points.map(({ labels, value }) => [
          Object.values(labels).join(','),
          typeof value === 'number' ? value : value.count,
        ]),
      ),
    ]),
  );
}
