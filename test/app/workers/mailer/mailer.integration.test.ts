import { randomUUID } from 'node:crypto';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { DatabaseConfig } from '../../../../app/kit/config.ts';
import { connectDatabase } from '../../../../app/kit/database.ts';
import type { Event } from '../../../../app/kit/events.ts';
import { handleEvent } from '../../../../app/workers/mailer/handler.ts';
import { createSentStore, type MailerTables } from '../../../../app/workers/mailer/store.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { startTestEndpoint, type TestEndpoint } from '../../../support/endpoint.ts';
import { eventually } from '../../../support/eventually.ts';
import { silentTask } from '../../../support/task.ts';
import { startMailer, startQueueProxy, startSes, type Mailer } from './rig.ts';

const users = { ada: randomUUID(), bob: randomUUID() };
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
  await adminQuery(database, 'TRUNCATE mailer.sent, mailer.mails_per_user, mailer.suppressed');
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

test('a payment is confirmed by one mail to the customer, and the message is deleted', async () => {
  const mailer = start();
  const orderId = await paid();
  await handled();
  expect(ses.accepted.map((mail) => Object.fromEntries(mail))).toEqual([
    expect.objectContaining({
      Source: 'shop@example.com',
      'Destination.ToAddresses.member.1': 'ada@example.com',
      ConfigurationSetName: 'shop',
      'Tags.member.1.Name': 'user',
      'Tags.member.1.Value': users.ada,
      'Message.Subject.Data': expect.stringContaining(orderId),
      'Message.Body.Text.Data': expect.stringContaining('$12.34'),
      'Message.Body.Html.Data': expect.stringContaining(orderId),
    }),
  ]);
  const { windowMs } = mailer.lines.find(({ msg }) => msg === 'confirmation sent') ?? {};
  expect(windowMs).toBeGreaterThan(0);
});

test('after a crash before SES accepts the mail, the next task sends it once', async () => {
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

test('after a crash between sending and deleting, the message is received again and the mail is not sent again', async () => {
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

test('after a crash between the acceptance by SES and the commit, the mail is sent a second time', async () => {
  const first = start();
  ses.handling = async (accept) => {
    accept();
    await first.kill();
  };
  await paid();
  await exit(first);
  expect(await adminQuery(database, 'SELECT * FROM mailer.sent')).toEqual([]);

  ses.handling = working;
  start();
  await handled();
  expect(ses.accepted).toHaveLength(2);
});

test('a mail that SES does not accept for now is sent when its message is received again', async () => {
  let refusals = 0;
  ses.handling = async (accept, respond, fail) => {
    if (refusals > 0) return working(accept, respond, fail);
    refusals += 1;
    fail();
  };
  const { lines } = start();
  await paid();
  await handled();
  expect([refusals, ses.accepted.length]).toEqual([1, 1]);
  expect(lines.map(({ msg }) => msg)).toContain('a message was not handled, it stays in the queue');
});

test.each([
  { status: 400, code: 'InvalidParameterValue', message: 'Local address contains control or whitespace' },
  { status: 400, code: 'InvalidParameterValue', message: "Missing final '@domain'" },
  { status: 400, code: 'MessageRejected', message: 'Address blacklisted.' },
  { status: 400, code: 'ValidationError', message: '1 validation error detected' },
])('a mail that SES refuses with $code ($message) is recorded, logged and not sent again', async (error) => {
  let calls = 0;
  ses.handling = async (_accept, _respond, fail) => {
    calls += 1;
    fail(error);
  };
  const { lines } = start();
  await paid();
  await handled();
  expect(calls).toBe(1);
  const reason = `${error.code}: ${error.message}`;
  expect(await adminQuery(database, 'SELECT outcome, reason FROM mailer.sent')).toEqual([
    { outcome: 'refused', reason },
  ]);
  const line = lines.find(({ msg }) => msg === 'confirmation refused, it is not sent again');
  expect(line).toMatchObject({ reason, level: 'error' });
});

test.each([
  { status: 400, code: 'Throttling', message: 'Maximum sending rate exceeded.' },
  {
    status: 400,
    code: 'MessageRejected',
    message: 'Email address is not verified. The following identities failed: x',
  },
  { status: 400, code: 'MessageRejected', message: 'Sending paused for this account.' },
  { status: 400, code: 'MailFromDomainNotVerifiedException', message: 'Could not read the MX record' },
  { status: 400, code: 'AccountSendingPausedException', message: 'Sending is paused' },
  { status: 403, code: 'AccessDenied', message: 'User is not authorized to perform ses:SendEmail' },
  { status: 500, code: 'InternalFailure', message: 'An internal failure occurred' },
])('a mail that SES does not accept because of $code ($message) is sent later', async (error) => {
  let refusals = 0;
  ses.handling = async (accept, respond, fail) => {
    if (refusals > 0) return working(accept, respond, fail);
    refusals += 1;
    fail(error);
  };
  start();
  await paid();
  await handled();
  expect([refusals, ses.accepted.length]).toEqual([1, 1]);
  expect(await adminQuery(database, 'SELECT outcome FROM mailer.sent')).toEqual([{ outcome: 'sent' }]);
});

test('four tasks together send at the rate that SES permits the account', async () => {
  ses.quota.rate = 20;
  const times: number[] = [];
  ses.handling = async (accept, respond) => {
    times.push(performance.now());
    accept();
    respond();
  };
  // Each to another user: mails to one wait for each other.
  await Promise.all(Array.from({ length: 120 }, () => paid(randomUUID())));
  for (let i = 0; i < 4; i += 1) start({ QUEUE_VISIBILITY_SECONDS: '60' });
  await handled();
  expect(ses.accepted).toHaveLength(120);
  // At first, not all of the tasks have started.
  const steady = times.slice(40);
  const perSecond = ((steady.length - 1) * 1000) / (steady.at(-1)! - steady[0]!);
  expect(perSecond / 20).toBeLessThan(1.02);
  expect(perSecond / 20).toBeGreaterThan(0.8);
});

test('concurrent deliveries of one event to several tasks send one mail', async () => {
  const tasks = [1, 2, 3].map(() => silentTask(database.config.mailer));
  const sent: string[] = [];
  const send = async ({ to }: { to: string }) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    sent.push(to);
  };
  const event = eventFor(randomUUID());
  await Promise.all(tasks.map((task) => handleEvent({ ...partsOf(task), send }, event)));
  expect(sent).toEqual(['ada@example.com']);
  await Promise.all(tasks.map((task) => task.stop()));
});

test.each([
  ['verification.requested', 5],
  ['reset.requested', 5],
  ['payment.succeeded', 100],
] as const)('of more mails for %s than the limit, %i are sent to a user, also at once', async (type, limit) => {
  const tasks = [1, 2].map(() => silentTask(database.config.mailer));
  const sent: string[] = [];
  const parts = tasks.map((task) => ({ ...partsOf(task), send: async ({ to }: { to: string }) => void sent.push(to) }));
  for (let i = 0; i < limit + 2; i += 2)
    await Promise.all(parts.map((each) => handleEvent(each, eventOf(type, 'ada@example.com'))));
  expect(sent).toHaveLength(limit);
  const others = await adminQuery(database, "SELECT outcome, reason FROM mailer.sent WHERE outcome <> 'sent'");
  expect(others[0]).toEqual({ outcome: 'limited', reason: expect.stringContaining(`${limit} mails`) });

  await handleEvent(parts[0]!, eventOf(type, 'bob@example.com'));
  expect(sent).toContain('bob@example.com');
  await adminQuery(database, 'UPDATE mailer.mails_per_user SET window_ends_at = now()');
  await handleEvent(parts[0]!, eventOf(type, 'ada@example.com'));
  expect(sent).toHaveLength(limit + 2);
  await Promise.all(tasks.map((task) => task.stop()));
});

test('after a bounce, the user gets no more mail at that address, and mail at others', async () => {
  start();
  const bounce = {
    eventType: 'Bounce',
    bounce: { bounceType: 'Permanent', bounceSubType: 'NoEmail' },
    mail: { destination: ['Ada@Example.com'], tags: { user: [users.ada] } },
  };
  for (let i = 0; i < 2; i += 1)
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(bounce) }));
  await handled();
  await paid();
  await handled();
  expect(ses.accepted).toEqual([]);
  expect(await adminQuery(database, 'SELECT outcome, reason FROM mailer.sent')).toEqual([
    { outcome: 'suppressed', reason: 'bounce: NoEmail' },
  ]);

  const moved = eventFor(randomUUID());
  moved.payload.email = 'ada@elsewhere.example';
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(moved) }));
  await handled();
  expect(ses.accepted.map((mail) => mail.get('Destination.ToAddresses.member.1'))).toEqual(['ada@elsewhere.example']);
});

test('a mail that could not be sent does not count', async () => {
  const task = silentTask(database.config.mailer);
  const parts = partsOf(task);
  const event = eventOf('verification.requested', 'ada@example.com');
  const failing = { ...parts, send: () => Promise.reject(new Error('SES is not available')) };
  for (let i = 0; i < 10; i += 1) await expect(handleEvent(failing, event)).rejects.toThrow('SES is not available');
  const sent: string[] = [];
  await handleEvent({ ...parts, send: async ({ to }) => void sent.push(to) }, event);
  await task.stop();
  expect(sent).toEqual(['ada@example.com']);
});

test('sent events are remembered for 50 days and then deleted', async () => {
  await adminQuery(
    database,
    `INSERT INTO mailer.sent (user_id, event_id, sent_at)
     VALUES ('${users.ada}', 'old', now() - interval '51 days'), ('${users.ada}', 'young', now() - interval '49 days')`,
  );
  const task = silentTask(database.config.mailer);
  const event = eventFor(randomUUID());
  await handleEvent({ ...partsOf(task), send: async () => {} }, event);
  await task.stop();
  const remembered = await adminQuery(database, 'SELECT event_id FROM mailer.sent ORDER BY sent_at');
  expect(remembered).toEqual([{ event_id: 'young' }, { event_id: event.id }]);
});

const working: typeof ses.handling = async (accept, respond) => {
  accept();
  respond();
};

function partsOf(task: ReturnType<typeof silentTask<DatabaseConfig>>) {
  return { store: createSentStore(connectDatabase<MailerTables>(task)), log: task.log };
}

function start(more: Record<string, string> = {}): Mailer {
  const mailer = startMailer({
    ...database.config.mailer,
    DATABASE_POOL_SIZE: '5',
    AWS_ENDPOINT_URL: proxy.url,
    AWS_ENDPOINT_URL_SES: ses.url,
    QUEUE_URL: proxy.url + new URL(queueUrl).pathname,
    DEAD_LETTERS_URL: `${queueUrl}-dead`,
    QUEUE_VISIBILITY_SECONDS: '2',
    ...more,
  });
  mailers.push(mailer);
  return mailer;
}

async function exit(mailer: Mailer): Promise<void> {
  await eventually(async () => expect(mailer.process.signalCode).toBe('SIGKILL'));
}

function eventFor(orderId: string, userId = users.ada) {
  const payload = { userId, orderId, paymentId: randomUUID(), email: 'ada@example.com', amountCents: 1_234 };
  return { id: randomUUID(), type: 'payment.succeeded', at: new Date().toISOString(), payload };
}

/** Returns an event of a type about the user with an address. */
function eventOf(type: string, email: 'ada@example.com' | 'bob@example.com'): Event {
  const payload = {
    userId: email.startsWith('ada') ? users.ada : users.bob,
    orderId: randomUUID(),
    paymentId: randomUUID(),
    amountCents: 1,
    link: 'https://x.example/#t',
    email,
  };
  return { id: randomUUID(), type, at: new Date().toISOString(), payload };
}

/** Sends an event to the queue and returns the id of its order. */
async function paid(userId = users.ada): Promise<string> {
  const orderId = randomUUID();
  const MessageBody = JSON.stringify(eventFor(orderId, userId));
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
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
  });
}
