import { randomUUID } from 'node:crypto';
import { AwsError } from './aws-error.ts';
import { readJson, writeJson } from './json-file.ts';
import { members, required, type SesAction } from './ses-form.ts';

interface EventDestination {
  readonly topicArn: string;
  /** Such as `bounce`. */
  readonly events: readonly string[];
}

/** A mail that was sent with a configuration set. */
interface SentMail {
  readonly id: string;
  readonly source: string;
  readonly recipients: readonly string[];
  readonly tags: Readonly<Record<string, string[]>>;
}

/** Recipients that cause an event, as on AWS: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html */
const simulator = /^(bounce|complaint)(?:\+[^@]*)?@simulator\.amazonses\.com$/i;

/** What differs between the events of the simulator; the forms are those of the examples that `report` names. */
const details = {
  bounce: (emailAddress: string) => ({
    bounceType: 'Permanent',
    bounceSubType: 'General',
    bouncedRecipients: [{ emailAddress, action: 'failed', status: '5.1.1' }],
  }),
  complaint: (emailAddress: string) => ({
    complainedRecipients: [{ emailAddress }],
    complaintFeedbackType: 'abuse',
  }),
};

/** Configuration sets, whose event destinations are topics: of all events, there are bounces and complaints of the simulator. */
export function createConfigurationSets(options: {
  file: string;
  publish: (topicArn: string, message: string) => void;
}) {
  const { file, publish } = options;
  const sets = readJson<Record<string, Record<string, EventDestination>>>(file, {});
  const save = () => {
    writeJson(file, sets);
    return '';
  };

  const find = (name: string) => {
    if (Object.hasOwn(sets, name)) return sets[name]!;
    throw new AwsError('ConfigurationSetDoesNotExist', `Configuration set <${name}> does not exist.`);
  };

  const actions: Readonly<Record<string, SesAction>> = {
    CreateConfigurationSet: (form) => {
      const name = required(form, 'ConfigurationSet.Name');
      if (Object.hasOwn(sets, name))
        throw new AwsError('ConfigurationSetAlreadyExists', `Configuration set <${name}> already exists.`);
      sets[name] = {};
      return save();
    },
    DeleteConfigurationSet: (form) => {
      const name = required(form, 'ConfigurationSetName');
      find(name);
      delete sets[name];
      return save();
    },
    CreateConfigurationSetEventDestination: (form) => {
      const destinations = find(required(form, 'ConfigurationSetName'));
      const name = required(form, 'EventDestination.Name');
      if (Object.hasOwn(destinations, name))
        throw new AwsError('EventDestinationAlreadyExists', `Event destination <${name}> already exists.`);
      destinations[name] = {
        topicArn: required(form, 'EventDestination.SNSDestination.TopicARN'),
        events: form['EventDestination.Enabled'] === 'true' ? members(form, 'EventDestination.MatchingEventTypes') : [],
      };
      return save();
    },
    DeleteConfigurationSetEventDestination: (form) => {
      const destinations = find(required(form, 'ConfigurationSetName'));
      const name = required(form, 'EventDestinationName');
      if (!Object.hasOwn(destinations, name))
        throw new AwsError('EventDestinationDoesNotExist', `Event destination <${name}> does not exist.`);
      delete destinations[name];
      return save();
    },
  };

  /** https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html */
  function report(set: string, mail: SentMail): void {
    for (const recipient of mail.recipients) {
      const kind = simulator.exec(recipient)?.[1]?.toLowerCase() as keyof typeof details | undefined;
      if (kind === undefined) continue;
      const timestamp = new Date().toISOString();
      const event = {
        eventType: kind === 'bounce' ? 'Bounce' : 'Complaint',
        [kind]: { ...details[kind](recipient), feedbackId: randomUUID(), timestamp },
        mail: {
          timestamp,
          source: mail.source,
          messageId: mail.id,
          destination: mail.recipients,
          tags: { ...mail.tags, 'ses:configuration-set': [set] },
        },
      };
      for (const { topicArn, events } of Object.values(find(set)))
        if (events.includes(kind)) publish(topicArn, JSON.stringify(event));
    }
  }

  return { actions, require: (name: string) => void find(name), report };
}
