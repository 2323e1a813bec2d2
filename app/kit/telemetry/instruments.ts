/**
 * The metrics of services and workers. All have the dimensions `environment` and `service` first, then `dimensions`. Alarms and
 * dashboards use these names; docs/metrics.md describes them. The value of a dimension is one of few: never an id, an address or a
 * key.
 */
export const instruments = {
  RequestDuration: { kind: 'histogram', unit: 'Milliseconds', dimensions: ['route'], total: true },
  RequestErrors: { kind: 'counter', unit: 'Count', dimensions: ['route'], total: true },
  RequestsRefused: { kind: 'counter', unit: 'Count', dimensions: ['route'], total: true },
  RequestsInFlight: { kind: 'gauge', unit: 'Count', dimensions: [] },
  RequestsLimited: { kind: 'counter', unit: 'Count', dimensions: ['limit'] },
  RequestsShed: { kind: 'counter', unit: 'Count', dimensions: ['priority'] },
  CacheReads: { kind: 'counter', unit: 'Count', dimensions: ['layer', 'outcome'] },
  BreakerOpen: { kind: 'gauge', unit: 'None', dimensions: ['dependency'] },
  MessageDuration: { kind: 'histogram', unit: 'Milliseconds', dimensions: ['type'], total: true },
  MessagesFailed: { kind: 'counter', unit: 'Count', dimensions: ['type'], total: true },
  MessagesInFlight: { kind: 'gauge', unit: 'Count', dimensions: [] },
  OutboxAge: { kind: 'gauge', unit: 'Seconds', dimensions: [] },
  EventsParked: { kind: 'counter', unit: 'Count', dimensions: [] },
  PoolConnections: { kind: 'gauge', unit: 'Count', dimensions: ['server'] },
  PoolWaiting: { kind: 'gauge', unit: 'Count', dimensions: ['server'] },
  EventLoopDelay: { kind: 'gauge', unit: 'Milliseconds', dimensions: [] },
  EventLoopUtilization: { kind: 'gauge', unit: 'Percent', dimensions: [] },
  MemoryUsed: { kind: 'gauge', unit: 'Bytes', dimensions: [] },
  OrdersPlaced: { kind: 'counter', unit: 'Count', dimensions: [] },
  Revenue: { kind: 'counter', unit: 'None', dimensions: [] },
  SignUps: { kind: 'counter', unit: 'Count', dimensions: [] },
  PaymentsDeclined: { kind: 'counter', unit: 'Count', dimensions: [] },
} as const satisfies Readonly<Record<string, Instrument>>;

export interface Instrument {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** As CloudWatch names it (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html). */
  readonly unit: 'Bytes' | 'Count' | 'Milliseconds' | 'None' | 'Percent' | 'Seconds';
  /** Besides `environment` and `service`. */
  readonly dimensions: readonly string[];
  /** Also emitted over all values of `dimensions`. */
  readonly total?: true;
}

export type Name = keyof typeof instruments;
export type NameOf<K extends Instrument['kind']> = {
  [N in Name]: (typeof instruments)[N]['kind'] extends K ? N : never;
}[Name];

/** The value of each dimension of a metric. */
export type Labels<N extends Name> = Readonly<Record<(typeof instruments)[N]['dimensions'][number], string>>;
