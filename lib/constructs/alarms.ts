import {
  Alarm,
  ComparisonOperator,
  CompositeAlarm,
  TreatMissingData,
  type AlarmBase,
  type IAlarmAction,
  type IAlarmRule,
} from 'aws-cdk-lib/aws-cloudwatch';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import type { AlarmSpec, Severity } from '../monitoring/part.ts';

/** Text of an alarm, and who is told. */
export type AlarmText = Pick<AlarmSpec, 'kind' | 'of' | 'severity' | 'says'>;

/**
 * The alarms of one region, and a topic for each severity: CloudWatch refuses topics of another region than the alarm's with
 * "Invalid region" (https://github.com/cds-snc/notification-terraform/pull/128).
 */
export class Alarms extends Construct {
  readonly all: AlarmBase[] = [];
  readonly #environment: Environment;
  readonly #topics = new Map<Severity, Topic>();

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    this.#environment = environment;
  }

  /** Adds an alarm that notifies the topic of its severity, also when it is over. */
  add(spec: AlarmSpec): Alarm {
    const alarm = this.addSilent(spec);
    this.#notify(alarm, spec.severity);
    return alarm;
  }

  /** Adds an alarm that only others refer to. */
  addSilent(spec: AlarmSpec): Alarm {
    const [threshold, comparisonOperator] =
      spec.below === undefined
        ? [spec.atLeast!, ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD]
        : [spec.below, ComparisonOperator.LESS_THAN_THRESHOLD];
    return new Alarm(this, idOf(spec), {
      ...this.#text(spec),
      metric: spec.metric,
      threshold,
      comparisonOperator,
      evaluationPeriods: spec.periods,
      treatMissingData: spec.missing === 'fine' ? TreatMissingData.NOT_BREACHING : TreatMissingData.BREACHING,
    });
  }

  /** Adds an alarm on the states of others. */
  addComposite(text: AlarmText, alarmRule: IAlarmRule): CompositeAlarm {
    const { alarmName, alarmDescription } = this.#text(text);
    const alarm = new CompositeAlarm(this, idOf(text), { compositeAlarmName: alarmName, alarmDescription, alarmRule });
    this.#notify(alarm, text.severity);
    return alarm;
  }

  #text(text: AlarmText): { readonly alarmName: string; readonly alarmDescription: string } {
    const { name, alarms } = this.#environment;
    return {
      alarmName: `headroom-${name}-${idOf(text)}`,
      alarmDescription: `${text.says}. ${alarms.runbook}#${text.kind}`,
    };
  }

  #notify(alarm: AlarmBase, severity: Severity): void {
    const { topicArn } = this.#topics.get(severity) ?? this.#topic(severity);
    const action: IAlarmAction = { bind: () => ({ alarmActionArn: topicArn }) };
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    this.all.push(alarm);
  }

  /** Without a key of KMS: what alarms say is no secret, and a key whose policy is wrong silences them all. */
  #topic(severity: Severity): Topic {
    const { name, alarms } = this.#environment;
    const topic = new Topic(this, severity, { topicName: `headroom-${name}-${severity}`, enforceSSL: true });
    topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    for (const address of alarms[severity]) topic.addSubscription(new EmailSubscription(address));
    this.#topics.set(severity, topic);
    return topic;
  }
}

const idOf = ({ kind, of }: AlarmText): string => (of === undefined ? kind : `${kind}-${of}`);
