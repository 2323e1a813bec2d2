import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import { parse } from '@aws-sdk/util-arn-parser';
import { buildApp } from 'fauxqs';
import type { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
import type { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import type { SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';

/**
 * Everything that depends on the inside of fauxqs is in this file: imports of modules it does not export, patches, and
 * workarounds that read its stores. They were written for this version, the newest on npm. With a newer one, check each
 * against its source, run the tests of test/local/endpoint, and change the number.
 */
const version = '2.4.1';
const folder = new URL('../../node_modules/fauxqs/', import.meta.url);

export interface Fauxqs {
  /** SQS, SNS, S3 and STS; not listening yet. Closing it closes the database. */
  readonly app: ReturnType<typeof buildApp>;
  hasBucket(bucket: string): boolean;
  /** Size in bytes, and the entity tag without quotes. */
  findObject(bucket: string, key: string): { readonly size: number; readonly eTag: string } | undefined;
  /**
   * Sends a message to a queue or, with a subject, to a topic, before it returns.
   * @throws Error when the queue or topic does not exist or refuses the message
   */
  send(arn: string, message: string, subject: string): void;
  /** Waits for the message of a long poll. Resolves with false when the client has disconnected meanwhile. */
  waitForMessage(body: unknown, response: ServerResponse): Promise<boolean>;
}

/**
 * @param options.dataDir keeps the state of all services
 * @param options.url where the app will listen
 * @throws Error when another version is installed
 */
export async function openFauxqs(options: { dataDir: string; region: string; url: string }): Promise<Fauxqs> {
  checkVersion((JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { version: string }).version);
  const stores = await openStores(options);
  const { sqsStore, snsStore, s3Store } = stores;
  const { sendMessage, publish } = await importActions();
  const app = buildApp({ logger: false, defaultRegion: options.region, stores });
  // By default queue URLs name `sqs.<region>.<host>`, which a laptop does not resolve; without a host they name the
  // one of the request.
  sqsStore.host = '';
  redriveUndeliverable(sqsStore, snsStore);
  app.addHook('onClose', async () => stores.persistence.close());
  return {
    app,
    hasBucket: (bucket) => s3Store.hasBucket(bucket),
    findObject(bucket, key) {
      try {
        const { contentLength, etag } = s3Store.headObject(bucket, key);
        return { size: contentLength, eTag: etag.replaceAll('"', '') };
      } catch {
        return undefined;
      }
    },
    send(arn, message, subject) {
      const { service, resource } = parse(arn);
      if (service === 'sqs')
        sendMessage({ QueueUrl: `${options.url}/000000000000/${resource}`, MessageBody: message }, sqsStore);
      else publish({ TopicArn: arn, Message: message, Subject: subject }, snsStore, sqsStore);
    },
    waitForMessage: (body, response) => waitForMessage(sqsStore, body as ReceiveMessageInput, response),
  };
}

/** @throws Error when the version is not the one that the patches are for */
export function checkVersion(installed: string): void {
  if (installed === version) return;
  throw new Error(
    `fauxqs ${installed} is installed, and local/endpoint/fauxqs.ts patches the inside of ${version}. ` +
      `Run npm ci, or check the patches against ${installed} and change the version there.`,
  );
}

/** What fauxqs does in `startFauxqs`, which cannot be used here because it listens on every interface. */
async function openStores(options: { dataDir: string; url: string }) {
  // Imported only now, so that a missing module does not hide the error about the version.
  const [persistenceModule, sqs, sns, s3] = await Promise.all([
    import('../../node_modules/fauxqs/dist/persistence.js'),
    import('../../node_modules/fauxqs/dist/sqs/sqsStore.js'),
    import('../../node_modules/fauxqs/dist/sns/snsStore.js'),
    import('../../node_modules/fauxqs/dist/s3/s3Store.js'),
  ]);
  const persistence = new persistenceModule.PersistenceManager(options.dataDir);
  patchDatabase(persistence, options.url);

  const sqsStore = new sqs.SqsStore();
  const snsStore = new sns.SnsStore();
  const s3Store = new s3.S3Store();
  persistence.load(sqsStore, snsStore, s3Store);
  // Set after loading, or every loaded row would be written again.
  for (const store of [sqsStore, snsStore, s3Store]) store.persistence = persistence;
  for (const queue of sqsStore.allQueues()) queue.persistence = persistence;
  return { sqsStore, snsStore, s3Store, persistence };
}

/** The actions of the APIs, which return before a request to the app itself would. */
async function importActions() {
  const [{ sendMessage }, { publish }] = await Promise.all([
    import('../../node_modules/fauxqs/dist/sqs/actions/sendMessage.js'),
    import('../../node_modules/fauxqs/dist/sns/actions/publish.js'),
  ]);
  return { sendMessage, publish };
}

function patchDatabase(persistence: PersistenceManager, url: string): void {
  const { db } = persistence as unknown as { db: DatabaseSync };
  // SQLite's default syncs at each commit, which blocks the whole runtime for each message. NORMAL survives a killed
  // process, and can lose the last commits only when the machine itself fails: https://sqlite.org/pragma.html
  db.exec('PRAGMA synchronous = NORMAL');
  // A stored queue URL names the port of the start that created it, which may have been another.
  db.prepare("UPDATE sqs_queues SET url = ? || '/000000000000/' || name").run(url);
  // To make a message visible again, fauxqs sets its receive count to NULL, which the table's constraint refuses: the
  // message is lost at the next start.
  const makeVisible = db.prepare(
    'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
  );
  persistence.updateMessageReady = (messageId) => void makeVisible.run(messageId);
}

/**
 * fauxqs stores the redrive policy of a subscription, but drops a message whose queue does not exist. A topic looks up each
 * subscription before it delivers: one whose queue is missing is shown to it with its dead-letter queue as the endpoint.
 */
function redriveUndeliverable(sqsStore: SqsStore, snsStore: SnsStore): void {
  const find = snsStore.getSubscription.bind(snsStore);
  snsStore.getSubscription = (arn) => {
    const subscription = find(arn);
    const policy = subscription?.attributes['RedrivePolicy'];
    if (!subscription || !policy || sqsStore.getQueueByArn(subscription.endpoint)) return subscription;
    const { deadLetterTargetArn } = JSON.parse(policy) as { deadLetterTargetArn?: string };
    if (deadLetterTargetArn === undefined) return subscription;
    return new Proxy(subscription, {
      get: (target, name) => (name === 'endpoint' ? deadLetterTargetArn : (Reflect.get(target, name) as unknown)),
    });
  };
}

interface ReceiveMessageInput {
  readonly QueueUrl?: string;
  WaitTimeSeconds?: number;
}

/**
 * fauxqs does not notice that a client disconnects during a long poll. It would pass the next message to that client, and
 * the message would stay invisible for the queue's visibility timeout.
 */
async function waitForMessage(store: SqsStore, input: ReceiveMessageInput, response: ServerResponse): Promise<boolean> {
  const queue = store.getQueue(String(input.QueueUrl));
  const seconds = Number(input.WaitTimeSeconds ?? queue?.attributes['ReceiveMessageWaitTimeSeconds'] ?? 0);
  // fauxqs responds with the error of a missing queue or a wait time out of range.
  if (!queue || !(seconds > 0 && seconds <= 20)) return true;
  const disconnected = new Promise<void>((resolve) => response.once('close', resolve));
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    queue.processTimers();
    const remainingMs = deadline - Date.now();
    if (Number(queue.getAttribute('ApproximateNumberOfMessages')) > 0 || remainingMs <= 0) break;
    await Promise.race([disconnected, queue.waitForMessages(remainingMs / 1000)]);
    if (response.destroyed) return false;
  }
  input.WaitTimeSeconds = 0;
  return true;
}
