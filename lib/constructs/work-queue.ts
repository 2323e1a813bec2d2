import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface WorkQueueProps {
  readonly queueName: string;
  /**
   * How long a received message is hidden from other consumers. Must be longer than handling it takes: otherwise the
   * message is handled twice.
   * @default 60 seconds
   */
  readonly visibilityTimeout?: Duration;
  /**
   * How often a message is received before it moves to the dead-letter queue.
   * @default 5
   */
  readonly maxReceives?: number;
  /** Keep the queues, with their messages, when they are no longer in the template. @default true */
  readonly protect?: boolean;
}

/** A queue for one consumer, with its dead-letter queue: encrypted, TLS only, long polling. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly visibilityTimeout: Duration;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const { protect = true } = props;
    this.visibilityTimeout = props.visibilityTimeout ?? Duration.seconds(60);
    // Retained in any case, the queues of a failed deployment would keep the next one from using their names.
    const removalPolicy = protect ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
    this.deadLetters = new Queue(this, 'DeadLetters', {
      queueName: `${props.queueName}-dead`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Counted from when the message was first sent, so it must exceed the queue's own 4 days.
      retentionPeriod: Duration.days(14),
      removalPolicy,
    });
    this.queue = new Queue(this, 'Queue', {
      queueName: props.queueName,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      receiveMessageWaitTime: Duration.seconds(20),
      visibilityTimeout: this.visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceives ?? 5 },
      removalPolicy,
    });
  }
}
