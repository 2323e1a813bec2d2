import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';

import type { Workload } from './workload.ts';

/** The address that mail is sent from, known to SES. */
export class MailSender extends Construct {
  readonly #address: string;

  constructor(scope: Construct, id: string, props: { readonly address: string }) {
    super(scope, id);
    this.#address = props.address;
    new EmailIdentity(this, 'Identity', { identity: Identity.email(props.address) });
  }

  /** Lets a workload send mail from this address only, and tells it the address. */
  admit(sender: Workload): void {
    sender.role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['ses:SendEmail', 'ses:SendRawEmail'],
        // While an account is in the SES sandbox, SES asks for the right on the recipient's identity as well.
        resources: [
          Stack.of(this).formatArn({
            service: 'ses',
            resource: 'identity',
            resourceName: '*',
            arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
          }),
        ],
        conditions: { StringEquals: { 'ses:FromAddress': this.#address } },
      }),
    );
    sender.addEnvironment('MAIL_FROM', this.#address);
  }
}
