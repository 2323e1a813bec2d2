import { inspect } from 'node:util';

import type { Resource, Template } from './synth.ts';

/** Handlers and roles of CDK's own custom resources. */
const boilerplate = /CustomResourceProvider(Role|Handler)/;
/** Rules of security groups are tested as paths, by security-groups.test.ts. */
const tested = new Set(['AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress']);

/**
 * Returns a template as text for a snapshot: what a reviewer reads, in few lines. Resources are sorted by logical id.
 * Tags, metadata, outputs for other stacks and asset hashes are left out, policies and references are shortened to one line.
 */
export function summarize({ Resources, Outputs = {} }: Template): string {
  const resources = Object.entries(Resources)
    .filter(([id, { Type }]) => !boilerplate.test(id) && !tested.has(Type))
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([id, resource]) => summarizeResource(id, resource));
  const outputs = Object.entries(Outputs)
    .filter(([id]) => !id.startsWith('PublishOutput'))
    .map(([id, { Value }]) => `Output ${id}: ${print(shorten(Value))}`);
  return [...resources, ...outputs].join('\n').replaceAll(/[0-9a-f]{64}/g, '<hash>');
}

function summarizeResource(id: string, { Type, Properties, DeletionPolicy, DependsOn }: Resource): string {
  if (Type === 'AWS::CloudWatch::Alarm') return summarizeAlarm(Properties);
  const {
    DashboardBody: _body,
    Tags: _,
    SecurityGroupEgress: _egress,
    SecurityGroupIngress: _ingress,
    ...properties
  } = Properties ?? {};
  const kept = shorten(properties) as Record<string, unknown>;
  // The parts of a service repeat what the service depends on.
  if (DependsOn && /^(AWS::ECS::Service|Custom::)/.test(Type)) kept['DependsOn'] = DependsOn;
  const head = `${withoutVersion(id)}: ${Type}${DeletionPolicy ? ` (${DeletionPolicy})` : ''}`;
  return Object.keys(kept).length === 0 ? head : `${head} ${print(kept)}`;
}

/** Metrics and dimensions are tested by monitoring/metrics.test.ts. */
function summarizeAlarm(properties: Record<string, unknown>): string {
  const { AlarmName, AlarmDescription, Threshold, EvaluationPeriods, TreatMissingData, AlarmActions = [] } = properties;
  const topics = (AlarmActions as { readonly Ref: string }[]).map(({ Ref }) => /critical|warning/.exec(Ref)?.[0]);
  const rule = `${String(Threshold)} for ${String(EvaluationPeriods)}, no data ${String(TreatMissingData)}`;
  return `${String(AlarmName)}: ${topics.join()}; ${rule}; ${String(AlarmDescription)}`;
}

const print = (value: unknown): string =>
  withoutVersion(
    inspect(value, { depth: null, breakLength: 118, compact: 4, maxArrayLength: null, maxStringLength: null }),
  );

const withoutVersion = (text: string): string => text.replaceAll(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1');

/** Rewrites intrinsic functions, policy statements and name-value lists to their short forms, at any depth. */
function shorten(value: unknown): unknown {
  if (Array.isArray(value)) return asRecord(value) ?? value.map(shorten);
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Record<string, unknown>;
  if (Array.isArray(object['Statement'])) return (object['Statement'] as Statement[]).map(shortenStatement);
  return shortenIntrinsic(object) ?? Object.fromEntries(Object.entries(object).map(([key, it]) => [key, shorten(it)]));
}

function shortenIntrinsic(object: Record<string, unknown>): string | undefined {
  const [[name, argument] = ['', undefined], ...more] = Object.entries(object);
  if (more.length > 0) return undefined;
  if (name === 'Ref') return `<${String(argument)}>`;
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  if (name === 'Fn::GetStackOutput') {
    const { StackName, OutputName } = argument as Record<string, string>;
    return `<${StackName?.split('-').at(-1)}:${OutputName?.replace('PublishOutput', '')}>`;
  }
  if (name === 'Fn::Sub') return String(argument).replaceAll(/\$\{(.+?)\}/g, '<$1>');
  const [first, second] = Array.isArray(argument) ? (argument as unknown[]) : [];
  if (name === 'Fn::Select') return `${flatten(second)}[${String(first)}]`;
  if (name === 'Fn::Split') return `${flatten(second)}.split('${String(first)}')`;
  if (name === 'Fn::Join') return (second as unknown[]).map(flatten).join(String(first));
  return undefined;
}

/** Returns the short form of a value on one line. */
function flatten(value: unknown): string {
  const short = shorten(value);
  return typeof short === 'string' ? short : inspect(short, { depth: null, breakLength: Infinity });
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

function shortenStatement({ Effect, Action, Resource: resource, Principal, Condition }: Statement): string {
  return [
    `${Effect} ${flatten(Action)}`,
    ...(resource ? [`on ${flatten(resource)}`] : []),
    ...(Principal ? [`to ${flatten(Principal)}`] : []),
    ...(Condition ? [`if ${flatten(Condition)}`] : []),
  ].join(' ');
}

/** Turns a list of names and values into an object. */
function asRecord(list: readonly unknown[]): Record<string, unknown> | undefined {
  const pairs = list.map((item) => {
    const { Name, Key, Value, ValueFrom, ...more } = (item ?? {}) as Record<string, unknown>;
    const name = Name ?? Key;
    const content = Value ?? ValueFrom;
    return typeof name === 'string' && content !== undefined && Object.keys(more).length === 0
      ? ([name, shorten(content)] as const)
      : undefined;
  });
  return pairs.length > 0 && pairs.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}
