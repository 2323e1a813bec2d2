import type { DatabaseSync } from 'node:sqlite';
import { buildApp } from 'fauxqs';
// Not exported by the package, whose own `startFauxqs` listens on every interface. Its version is pinned.
import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
import { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';

export interface Stores {
  readonly sqsStore: SqsStore;
  readonly snsStore: SnsStore;
  readonly s3Store: S3Store;
}

/** SQS, SNS and S3 as a fastify app that keeps its state in `dataDir`; `url` is where it will listen. */
export function openFauxqs(options: { dataDir: string; region: string; url: string }) {
  const persistence = new PersistenceManager(options.dataDir);
  const { db } = persistence as unknown as { db: DatabaseSync };
  // What was committed survives the process's death; a sync for every message would hold up the whole runtime.
  db.exec('PRAGMA synchronous = NORMAL');
  // Queue URLs name the port they were made at; the endpoint may be at another one today.
  db.prepare("UPDATE sqs_queues SET url = ? || '/000000000000/' || name").run(options.url);
  // In 2.4.1, making a message visible again sets its receive count to NULL, which the table refuses: the message is lost.
  const giveBack = db.prepare(
    'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
  );
  persistence.updateMessageReady = (messageId) => void giveBack.run(messageId);

  const stores: Stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
  persistence.load(stores.sqsStore, stores.snsStore, stores.s3Store);
  // Only now, so that loading writes nothing.
  for (const store of Object.values(stores) as { persistence?: PersistenceManager }[]) store.persistence = persistence;
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = persistence;

  const app = buildApp({ logger: false, defaultRegion: options.region, stores });
  // Empty: queue URLs carry the host that was asked, not `sqs.<region>.<host>`, which no laptop resolves.
  stores.sqsStore.host = '';
  app.addHook('onClose', async () => persistence.close());
  return { app, stores };
}
