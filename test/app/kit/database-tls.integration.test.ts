import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { pino } from 'pino';
import { connectDatabase } from '../../../app/kit/database.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';

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

test('a server whose certificate nobody vouches for is not talked to', async () => {
  const database = connectDatabase(served.config.auth, pino({ level: 'silent' }));
  const refusal = await sql`SELECT 1`.execute(database.primary).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 503 });
  expect((refusal as Error).cause).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  await database.close();
});
