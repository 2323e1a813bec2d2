import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';

/** The address that mail is sent from, as an SES identity. */
export class MailSender extends Construct {
  readonly address: string;
  readonly identity: EmailIdentity;

  constructor(scope: Construct, id: string, { address }: { readonly address: string }) {
    super(scope, id);
    this.address = address;
    this.identity = new EmailIdentity(this, 'Identity', { identity: Identity.email(address) });
  }
}
