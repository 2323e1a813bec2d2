import type { EnvironmentName } from '../environments.ts';
import { templateOf } from '../environments.ts';
import { resourcesOf } from '../synth.ts';

export interface NamedMetric {
  readonly namespace: string;
  readonly name: string;
  /** Names of its dimensions, sorted. */
  readonly dimensions: readonly string[];
}

export interface Alarm {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly Threshold?: number;
  readonly TreatMissingData?: string;
  readonly AlarmActions?: readonly { readonly Ref: string }[];
  readonly OKActions?: readonly { readonly Ref: string }[];
  readonly Metrics?: readonly MetricQuery[];
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string }[];
}

interface MetricQuery {
  readonly MetricStat?: {
    readonly Metric: Required<Pick<Alarm, 'Namespace' | 'MetricName'>> & Pick<Alarm, 'Dimensions'>;
  };
}

interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly (readonly unknown[])[];
  };
}

/** Returns the alarms of an environment in both regions, composite ones included. */
export const alarmsOf = (environment: EnvironmentName): readonly Alarm[] =>
  (['EdgeAlarms', 'Monitoring'] as const).flatMap((stack) =>
    ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap((type) =>
      resourcesOf(templateOf(environment, stack), type).map(([, { Properties }]) => Properties as unknown as Alarm),
    ),
  );

/** Returns the widgets of an environment's dashboard; a reference in them is the text `<reference>`. */
export function widgetsOf(environment: EnvironmentName): readonly Widget[] {
  const [dashboard] = resourcesOf(templateOf(environment, 'Monitoring'), 'AWS::CloudWatch::Dashboard');
  const content = dashboard?.[1].Properties['DashboardBody'] as { readonly 'Fn::Join': [string, unknown[]] };
  const [, parts] = content['Fn::Join'];
  const body = parts.map((part) => (typeof part === 'string' ? part : '<reference>')).join('');
  return (JSON.parse(body) as { readonly widgets: Widget[] }).widgets;
}

/** Returns all metrics that alarms and dashboard of an environment name. */
export const metricsOf = (environment: EnvironmentName): readonly NamedMetric[] => [
  ...alarmsOf(environment).flatMap(metricsOfAlarm),
  ...widgetsOf(environment).flatMap(({ properties }) => (properties.metrics ?? []).map(metricOfGraph)),
];

function metricsOfAlarm({ Metrics, Namespace, MetricName, Dimensions }: Alarm): NamedMetric[] {
  const stats = Metrics?.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : [])) ?? [];
  const own = Namespace && MetricName ? [{ Namespace, MetricName, Dimensions }] : [];
  return [...stats, ...own].map((metric) => ({
    namespace: metric.Namespace,
    name: metric.MetricName,
    dimensions: (metric.Dimensions ?? []).map(({ Name }) => Name).toSorted(),
  }));
}

/** A metric is a list of namespace, name, and dimensions with their values; a search is an object with an expression. */
function metricOfGraph(row: readonly unknown[]): NamedMetric {
  const [first] = row;
  if (typeof first === 'object') {
    const { expression } = first as { readonly expression: string };
    const [, schema = '', name = ''] = /\{([^}]+)\} MetricName="(\w+)"/.exec(expression) ?? [];
    const [namespace = '', ...dimensions] = schema.split(',');
    return { namespace, name, dimensions: dimensions.toSorted() };
  }
  const [namespace, name, ...rest] = row.filter((item) => typeof item === 'string');
  const dimensions = rest.filter((_, index) => index % 2 === 0);
  return { namespace: namespace!, name: name!, dimensions: dimensions.toSorted() };
}
