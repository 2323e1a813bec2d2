import { randomUUID } from 'node:crypto';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { connectDatabase } from '../../../../app/kit/database.ts';
import { handlePaid, type MailerSchema } from '../../../../app/workers/mailer/handle.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { startTestEndpoint, type TestEndpoint } from '../../../support/endpoint.ts';
import { eventually } from '../../../support/eventually.ts';
import { startMailer, startQueueProxy, startSes, type Mailer } from './rig.ts';

jest.setTimeout(60_000);

let database: TestDatabase<'mailer'>;
let endpoint: TestEndpoint;
let sqs: SQSClient;
let queueUrl: string;
let proxy: Awaited<ReturnType<typeof startQueueProxy>>;
let ses: Awaited<ReturnType<typeof startSes>>;
let mailers: Mailer[] = [];

beforeAll(async () => {
  [database, endpoint] = await Promise.all([createDatabase('mailer'), startTestEndpoint()]);
  proxy = await startQueueProxy(endpoint.url);
  sqs = new SQSClient(endpoint.clientConfig);
});

afterAll(async () => {
  sqs.destroy();
  await proxy.close();
  await Promise.all([endpoint.stop(), database.drop()]);
});

beforeEach(async () => {
  proxy.onDelete = () => 'pass';
  ses = await startSes();
  await adminQuery(database, 'truncate mailer.sent');
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: `mailer-${randomUUID()}`, Attributes: { VisibilityTimeout: '2' } }),
  );
  queueUrl = QueueUrl;
});

afterEach(async () => {
  await Promise.all(mailers.map((mailer) => mailer.kill()));
  mailers = [];
  await ses.close();
});

test('a payment is confirmed by one mail to who paid, and the message is gone', async () => {
  const mailer = start();
  const orderId = await paid();
  await handled();
  expect(ses.accepted.map((mail) => Object.fromEntries(mail))).toEqual([
    expect.objectContaining({
      Source: 'shop@example.com',
      'Destination.ToAddresses.member.1': 'ada@example.com',
      'Message.Subject.Data': expect.stringContaining(orderId),
      'Message.Body.Text.Data': expect.stringContaining('$12.34'),
      'Message.Body.Html.Data': expect.stringContaining(orderId),
    }),
  ]);
  const { windowMs } = mailer.lines.find(({ msg }) => msg === 'confirmation sent') ?? {};
  expect(windowMs).toBeGreaterThan(0);
});

test('killed after receiving and before SES accepted: the mail is sent once, by the next', async () => {
  const first = start();
  ses.handling = () => first.kill();
  await paid();
  await exit(first);
  expect(ses.accepted).toHaveLength(0);

  ses.handling = working;
  start();
  await handled();
  expect(ses.accepted).toHaveLength(1);
});

test('killed after sending and before deleting: the message comes again, the mail does not', async () => {
  const first = start();
  proxy.onDelete = () => {
    void first.kill();
    return 'drop';
  };
  await paid();
  await exit(first);
  expect(ses.accepted).toHaveLength(1);

  proxy.onDelete = () => 'pass';
  const second = start();
  await handled();
  expect(ses.accepted).toHaveLength(1);
  expect(second.lines.map(({ msg }) => msg)).toContain('confirmation was sent before');
});

test('killed after SES accepted and before the commit: SES cannot know the mail, it is sent a second time', async () => {
  const first = start();
  ses.handling = async (accept) => {
    accept();
    await first.kill();
  };
  await paid();
  await exit(first);
  expect(await adminQuery(database, 'select * from mailer.sent')).toEqual([]);

  ses.handling = working;
  start();
  await handled();
  expect(ses.accepted).toHaveLength(2);
});

test('a mail that SES refuses for now is sent when it comes again', async () => {
  let refusals = 0;
  ses.handling = async (accept, answer, fail) => {
    if (refusals > 0) return working(accept, answer, fail);
    refusals += 1;
    fail();
  };
  const { lines } = start();
  await paid();
  await handled();
  expect([refusals, ses.accepted.length]).toEqual([1, 1]);
  expect(lines.map(({ msg }) => msg)).toContain('a message was not handled, it stays in the queue');
});

test('deliveries of one event to several tasks at the same moment send one mail', async () => {
  const log = pino({ level: 'silent' });
  const tasks = [1, 2, 3].map(() => connectDatabase<MailerSchema>(database.config.mailer, log));
  const sent: string[] = [];
  const send = async (to: string) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    sent.push(to);
  };
  const event = eventFor(randomUUID());
  await Promise.all(tasks.map((task) => handlePaid({ database: task, send, log }, event)));
  expect(sent).toEqual(['ada@example.com']);
  await Promise.all(tasks.map((task) => task.close()));
});

test('what was sent is remembered for a month, and then forgotten', async () => {
  await adminQuery(
    database,
    `insert into mailer.sent (event_id, sent_at)
     values ('old', now() - interval '31 days'), ('young', now() - interval '29 days')`,
  );
  const log = pino({ level: 'silent' });
  const task = connectDatabase<MailerSchema>(database.config.mailer, log);
  const event = eventFor(randomUUID());
  await handlePaid({ database: task, send: async () => {}, log }, event);
  await task.close();
  const remembered = await adminQuery(database, 'select event_id from mailer.sent order by sent_at');
  expect(remembered).toEqual([{ event_id: 'young' }, { event_id: event.id }]);
});

const working: typeof ses.handling = async (accept, answer) => {
  accept();
  answer();
};

function start(): Mailer {
  const mailer = startMailer({
    ...database.config.mailer,
    AWS_ENDPOINT_URL: proxy.url,
    AWS_ENDPOINT_URL_SES: ses.url,
    QUEUE_URL: proxy.url + new URL(queueUrl).pathname,
    QUEUE_VISIBILITY_SECONDS: '2',
  });
  mailers.push(mailer);
  return mailer;
}

async function exit(mailer: Mailer): Promise<void> {
  await eventually(async () => expect(mailer.process.signalCode).toBe('SIGKILL'));
}

function eventFor(orderId: string) {
  const payload = { orderId, paymentId: randomUUID(), email: 'ada@example.com', amountCents: 1_234 };
  return { id: randomUUID(), type: 'payment.succeeded', at: new Date().toISOString(), payload };
}

/** Puts the event into the queue; answers the id of its order. */
async function paid(): Promise<string> {
  const orderId = randomUUID();
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(eventFor(orderId)) }));
  return orderId;
}

/** Resolves when the queue holds no message, waiting or in flight. */
async function handled(): Promise<void> {
  await eventually(async () => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
  }, 20_000);
}
