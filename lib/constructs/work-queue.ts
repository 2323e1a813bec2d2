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
   * How often a message is received before SQS itself moves it to the dead-letter queue: at most 1000. The consumer moves
   * faulty messages there sooner, so this is for messages that kill their task. It must not be reached while a dependency is
   * down: with the consumer's back-off, 14 days of failures are 43 to 71 receives.
   * @default 100
   */
  readonly maxReceives?: number;
  /** Keep the queues, with their messages, when they are no longer in the template. @default true */
  readonly protect?: boolean;
}

/** The longest that SQS keeps a message. An outage may last as long. */
const retentionPeriod = Duration.days(14);

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
      // For messages that SQS moves, counted from when they were first sent; for those that a consumer moves, from then
      // (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html).
      retentionPeriod,
      removalPolicy,
    });
    this.queue = new Queue(this, 'Queue', {
      queueName: props.queueName,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod,
      receiveMessageWaitTime: Duration.seconds(20),
      visibilityTimeout: this.visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceives ?? 100 },
      removalPolicy,
    });
  }
}
