import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { connectDatabase } from '../../../app/kit/database.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { silentTask } from '../../support/task.ts';

let served: TestDatabase<'auth'>;
const trusted = getCACertificates('default');
beforeAll(async () => {
  served = await createDatabase('auth');
  setDefaultCACertificates(getCACertificates('bundled'));
});
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await served.drop();
});

test('a server without a trusted certificate is refused', async () => {
  const task = silentTask(served.config.auth);
  const database = connectDatabase(task);
  const refusal = await sql`SELECT 1`.execute(database.primary).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 503 });
  expect((refusal as Error).cause).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  await task.stop();
});
