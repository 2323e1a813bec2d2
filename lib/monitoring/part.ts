import type { IMetric, IWidget } from 'aws-cdk-lib/aws-cloudwatch';

/** `critical` wakes somebody: people are turned away, or soon will be. `warning` is for the day. */
export type Severity = 'critical' | 'warning';

export interface AlarmSpec {
  /** The heading of its entry in docs/runbook.md. */
  readonly kind: string;
  /** What it is about, where there are several of a kind, such as a service. @default - there is one */
  readonly of?: string;
  readonly severity: Severity;
  /** What has happened, in a sentence without a full stop. */
  readonly says: string;
  /** The period of its metrics is that of the alarm. */
  readonly metric: IMetric;
  /** Exactly one of the two: the value from which it is too high or too low. */
  readonly atLeast?: number;
  readonly below?: number;
  /** How many periods in a row. */
  readonly periods: number;
  /**
   * What a period without data is. `fine`: the source reports only what happens. `breach`: the source always reports, so that
   * silence is the worst case.
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
   */
  readonly missing: 'fine' | 'breach';
}

/** A part of the system: its section of the dashboard and its alarms. */
export interface Part {
  readonly title: string;
  readonly rows: readonly (readonly IWidget[])[];
  readonly alarms: readonly AlarmSpec[];
}
