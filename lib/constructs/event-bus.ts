import { SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

import type { WorkQueue } from './work-queue.ts';
import type { Workload } from './workload.ts';

/** One topic for all events; the message attribute `type` decides which queues get a copy. */
export class EventBus extends Construct {
  readonly #topic: Topic;

  constructor(scope: Construct, id: string, props: { readonly topicName: string }) {
    super(scope, id);
    this.#topic = new Topic(this, 'Topic', { topicName: props.topicName, enforceSSL: true });
  }

  /** Copies events of these types to the queue, as they were published. */
  deliver(types: readonly string[], to: WorkQueue): void {
    this.#topic.addSubscription(
      new SqsSubscription(to.queue, {
        rawMessageDelivery: true,
        filterPolicy: { type: SubscriptionFilter.stringFilter({ allowlist: [...types] }) },
      }),
    );
  }

  /** Lets a workload publish, and tells it where. */
  admit(publisher: Workload): void {
    this.#topic.grantPublish(publisher.role);
    publisher.addEnvironment('EVENTS_TOPIC_ARN', this.#topic.topicArn);
  }
}
