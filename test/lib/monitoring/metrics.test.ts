import { expect, test } from '@jest/globals';

import { instruments, type Instrument } from '../../../app/kit/telemetry/instruments.ts';
import { ownMetrics } from '../../../lib/monitoring/own-metric.ts';
import { environmentNames } from '../environments.ts';
import { awsMetrics } from './aws-metrics.ts';
import { metricsOf } from './metrics.ts';
import type { NamedMetric } from './metrics.ts';

const written = ({ namespace, name, dimensions }: NamedMetric): string =>
  `${namespace} ${name} by ${dimensions.toSorted().join(', ')}`;

const documented = Object.entries(awsMetrics).flatMap(([namespace, tables]) =>
  tables.flatMap(({ names, dimensions }) =>
    names.flatMap((name) => dimensions.map((list) => written({ namespace, name, dimensions: list }))),
  ),
);
const own = ownMetrics.flatMap(({ name, dimensions }) =>
  dimensions.map((list) => written({ namespace: 'Headroom', name, dimensions: [...list] })),
);

test.each(environmentNames)(
  'every metric that alarms and the dashboard of %s name exists, with these dimensions',
  (environment) => {
    const named = new Set(metricsOf(environment).map(written));
    expect(named.size).toBeGreaterThan(30);
    expect([...named].filter((metric) => ![...documented, ...own].includes(metric))).toEqual([]);
  },
);

test('every documented metric is named by an environment', () => {
  const named = new Set(environmentNames.flatMap((environment) => metricsOf(environment).map(written)));
  expect(documented.filter((metric) => !named.has(metric))).toEqual([]);
});

test('our own metrics here are those that services and workers emit, with the same units and dimensions', () => {
  const common = ['environment', 'service'];
  const emitted = Object.entries<Instrument>(instruments).map(([name, { unit, dimensions, total }]) => ({
    name,
    unit,
    dimensions: [
      ...(total || dimensions.length === 0 ? [common] : []),
      ...(dimensions.length > 0 ? [[...common, ...dimensions]] : []),
    ],
  }));
  expect(ownMetrics).toEqual(emitted);
});
