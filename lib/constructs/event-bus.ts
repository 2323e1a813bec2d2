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

  /**
   * Delivers events of these types to the queue, without the SNS envelope. An event that SNS cannot deliver, because the
   * queue is gone or its policy is wrong, goes to the queue's dead-letter queue: without one, SNS discards it
   * (https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html). Both queues are encrypted with SQS's own key,
   * to which SNS may write; a key of KMS would have to permit it.
   */
  deliver(types: readonly string[], { queue, deadLetters }: WorkQueue): void {
    this.topic.addSubscription(
      new SqsSubscription(queue, {
        rawMessageDelivery: true,
        deadLetterQueue: deadLetters,
        filterPolicy: { type: SubscriptionFilter.stringFilter({ allowlist: [...types] }) },
      }),
    );
  }
}
