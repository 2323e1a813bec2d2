import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricProps } from 'aws-cdk-lib/aws-cloudwatch';

const common = ['environment', 'service'];
const plain = [common];
const by = (...names: string[]) => [[...common, ...names]];

/** What services and workers emit in the namespace `Headroom`, as app/kit/telemetry/instruments.ts: a test holds both together. */
export const ownMetrics = [
  { name: 'RequestDuration', unit: 'Milliseconds', dimensions: [...plain, ...by('route')] },
  { name: 'RequestErrors', unit: 'Count', dimensions: [...plain, ...by('route')] },
  { name: 'RequestsRefused', unit: 'Count', dimensions: [...plain, ...by('route')] },
  { name: 'RequestsInFlight', unit: 'Count', dimensions: plain },
  { name: 'RequestsLimited', unit: 'Count', dimensions: by('limit') },
  { name: 'RequestsShed', unit: 'Count', dimensions: by('priority') },
  { name: 'CacheReads', unit: 'Count', dimensions: by('layer', 'outcome') },
  { name: 'BreakerOpen', unit: 'None', dimensions: by('dependency') },
  { name: 'MessageDuration', unit: 'Milliseconds', dimensions: [...plain, ...by('type')] },
  { name: 'MessagesFailed', unit: 'Count', dimensions: [...plain, ...by('type')] },
  { name: 'MessagesInFlight', unit: 'Count', dimensions: plain },
  { name: 'OutboxAge', unit: 'Seconds', dimensions: plain },
  { name: 'EventsParked', unit: 'Count', dimensions: plain },
  { name: 'PoolConnections', unit: 'Count', dimensions: by('server') },
  { name: 'PoolWaiting', unit: 'Count', dimensions: by('server') },
  { name: 'EventLoopDelay', unit: 'Milliseconds', dimensions: plain },
  { name: 'EventLoopUtilization', unit: 'Percent', dimensions: plain },
  { name: 'MemoryUsed', unit: 'Bytes', dimensions: plain },
  { name: 'OrdersPlaced', unit: 'Count', dimensions: plain },
  { name: 'Revenue', unit: 'None', dimensions: plain },
  { name: 'SignUps', unit: 'Count', dimensions: plain },
  { name: 'PaymentsDeclined', unit: 'Count', dimensions: plain },
] as const satisfies readonly { name: string; unit: string; dimensions: readonly (readonly string[])[] }[];

export type OwnMetric = (typeof ownMetrics)[number]['name'];

/** Returns a metric that a service or worker emits, with the dimensions `more` beside its own two. */
export const ownMetric = (
  environment: string,
  service: string,
  metricName: OwnMetric,
  { more = {}, ...props }: Partial<MetricProps> & { readonly more?: Readonly<Record<string, string>> } = {},
): Metric =>
  new Metric({ ...props, namespace: 'Headroom', metricName, dimensionsMap: { environment, service, ...more } });
