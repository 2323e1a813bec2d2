import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';

import type { Workload } from './workload.ts';

/** The address that mail is sent from, known to SES. */
export class MailSender extends Construct {
  readonly #address: string;
  readonly #identity: EmailIdentity;

  constructor(scope: Construct, id: string, props: { readonly address: string }) {
    super(scope, id);
    this.#address = props.address;
    this.#identity = new EmailIdentity(this, 'Identity', { identity: Identity.email(props.address) });
  }

  /** Lets a workload send mail from this address only, and tells it the address. */
  admit(sender: Workload): void {
    sender.role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['ses:SendEmail', 'ses:SendRawEmail'],
        resources: [this.#identity.emailIdentityArn],
        conditions: { StringEquals: { 'ses:FromAddress': this.#address } },
      }),
    );
    sender.addEnvironment('MAIL_FROM', this.#address);
  }
}
