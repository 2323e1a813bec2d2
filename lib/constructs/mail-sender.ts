import { ConfigurationSet, EmailIdentity, EmailSendingEvent, EventDestination, Identity } from 'aws-cdk-lib/aws-ses';
import { FilterOrPolicy, SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

import type { WorkQueue } from './work-queue.ts';

export interface MailSenderProps {
  /** The address that mail is sent from. */
  readonly address: string;
  /** Of the configuration set. Unique in the account and region. */
  readonly name: string;
}

/** The address that mail is sent from, as an SES identity, and the topic to which SES reports bounces and complaints. */
export class MailSender extends Construct {
  readonly address: string;
  readonly identity: EmailIdentity;
  /** Name of the configuration set. Only mails that are sent with it are reported. */
  readonly configurationSet: string;
  readonly #feedback: Topic;

  constructor(scope: Construct, id: string, { address, name }: MailSenderProps) {
    super(scope, id);
    this.address = address;
    this.configurationSet = name;
    this.identity = new EmailIdentity(this, 'Identity', { identity: Identity.email(address) });
    this.#feedback = new Topic(this, 'Feedback', { topicName: `${name}-mail-feedback`, enforceSSL: true });
    new ConfigurationSet(this, 'ConfigurationSet', { configurationSetName: name }).addEventDestination('Feedback', {
      destination: EventDestination.snsTopic(this.#feedback),
      events: [EmailSendingEvent.BOUNCE, EmailSendingEvent.COMPLAINT],
    });
  }

  /**
   * Reports to the queue which mails bounced and which a recipient complained about. The filter keeps out the line of text with
   * which SES tests the topic (https://github.com/ope-tech/laravel-ses/issues/10): a consumer cannot parse it.
   */
  reportTo({ queue, deadLetters }: WorkQueue): void {
    const allowlist = ['Bounce', 'Complaint'];
    this.#feedback.addSubscription(
      new SqsSubscription(queue, {
        rawMessageDelivery: true,
        deadLetterQueue: deadLetters,
        filterPolicyWithMessageBody: {
          eventType: FilterOrPolicy.filter(SubscriptionFilter.stringFilter({ allowlist })),
        },
      }),
    );
  }
}
