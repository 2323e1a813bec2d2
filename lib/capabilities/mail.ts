import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import type { MailSender } from '../constructs/mail-sender.ts';
import type { Capability } from './capability.ts';

/** Lets a workload send mail from the sender's address only. `maxTasks` returns the most tasks that it may have. */
export const mailCapability = (sender: MailSender, maxTasks: (name: string) => number): Capability => ({
  bind(workload, { name }) {
    const arnOf = (resource: string, resourceName: string) =>
      Stack.of(sender).formatArn({ service: 'ses', resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
    workload.role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['ses:SendEmail', 'ses:SendRawEmail'],
        // While an account is in the SES sandbox, SES checks the permission on the recipient's identity as well. It checks that
        // on the configuration set too: https://docs.aws.amazon.com/service-authorization/latest/reference/list_ses.html
        resources: [arnOf('identity', '*'), arnOf('configuration-set', sender.configurationSet)],
        conditions: { StringEquals: { 'ses:FromAddress': sender.address } },
      }),
    );
    workload.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['ses:GetSendQuota'], resources: ['*'] }));
    workload.addEnvironment({
      MAIL_FROM: sender.address,
      MAIL_CONFIGURATION_SET: sender.configurationSet,
      MAIL_TASKS: String(maxTasks(name)),
    });
  },
});
