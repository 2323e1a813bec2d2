import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';

/** An earlier stay in the dead-letter queue: when the message was redriven from it, ISO 8601, and why it had been there. */
const Failure = Type.Object({ redrivenAt: Type.String(), failure: Type.String() });
export type Failure = Static<typeof Failure>;
const History = Type.Array(Failure);

/** A message of a dead-letter queue. */
export interface Letter {
  readonly message: Message;
  readonly type: string;
  /** Why it is there, as the consumer has said. */
  readonly failure: string;
  /** Earlier ones, oldest first. */
  readonly history: readonly Failure[];
  /** When it came there; of one that SQS itself has moved, when it was first sent. */
  readonly sentAt: Date;
}

/** How many failures a message keeps, the latest, and how many characters of each: SQS counts attributes as part of its size. */
const kept = { failures: 5, characters: 300 };

const unnamed = 'none named: SQS moved it after its receives, or a topic could not deliver it';

export function readLetter(message: Message): Letter {
  const { MessageAttributes: attributes = {}, Attributes = {} } = message;
  return {
    message,
    type: attributes['type']?.StringValue ?? 'unknown',
    failure: attributes['failure']?.StringValue ?? unnamed,
    history: readHistory(attributes['failures']?.StringValue),
    sentAt: new Date(Number(Attributes.SentTimestamp)),
  };
}

function readHistory(text = '[]'): Failure[] {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(History, value) ? value : [];
  } catch {
    return [];
  }
}

/** Returns the attributes with which a message goes back: its own, and in `failures` why it was there. */
export function attributesOf({ message, failure, history }: Letter, now: Date): Record<string, MessageAttributeValue> {
  const { failure: _failure, ...own } = message.MessageAttributes ?? {};
  const failures = [...history, { redrivenAt: now.toISOString(), failure: failure.slice(0, kept.characters) }];
  const text = JSON.stringify(failures.slice(-kept.failures));
  return { ...own, failures: { DataType: 'String', StringValue: text } };
}
