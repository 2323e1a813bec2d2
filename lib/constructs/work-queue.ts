import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import type { Workload } from './workload.ts';

export interface WorkQueueProps {
  readonly queueName: string;
  /**
   * Time a message is hidden from others while one task works on it; longer than the work takes, or it is done twice.
   * @default 60 seconds
   */
  readonly visibilityTimeout?: Duration;
  /**
   * How often a message is tried before it goes to the dead-letter queue.
   * @default 5
   */
  readonly maxReceives?: number;
}

/** A queue for one consumer, with its dead-letter queue: encrypted, TLS only, long polled. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly #visibilityTimeout: Duration;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.#visibilityTimeout = props.visibilityTimeout ?? Duration.seconds(60);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      queueName: `${props.queueName}-dead`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Counted from when the message was first sent, so it must be longer than the queue's own 4 days.
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, 'Queue', {
      queueName: props.queueName,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      receiveMessageWaitTime: Duration.seconds(20),
      visibilityTimeout: this.#visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceives ?? 5 },
    });
  }

  /** Lets a workload receive from the queue, and tells it where it is and how long a message may take. */
  feed(consumer: Workload): void {
    this.queue.grantConsumeMessages(consumer.role);
    consumer.addEnvironment('QUEUE_URL', this.queue.queueUrl);
    consumer.addEnvironment('QUEUE_VISIBILITY_SECONDS', String(this.#visibilityTimeout.toSeconds()));
  }
}
