import { SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

import type { WorkQueue } from './work-queue.ts';

/** One topic for all events; the message attribute `type` decides which queues get a copy. */
export class EventBus extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: { readonly topicName: string }) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { topicName: props.topicName, enforceSSL: true });
  }

  /** Delivers events of these types to the queue, without the SNS envelope. */
  deliver(types: readonly string[], { queue }: WorkQueue): void {
    this.topic.addSubscription(
      new SqsSubscription(queue, {
        rawMessageDelivery: true,
        filterPolicy: { type: SubscriptionFilter.stringFilter({ allowlist: [...types] }) },
      }),
    );
  }
}
