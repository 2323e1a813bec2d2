import { expect, test } from '@jest/globals';
import type { PostgresPoolClient } from 'kysely';
import { hasReplayed } from '../../../app/kit/replayed.ts';

/** A connection to a replica, and how often it was asked. */
function connection(replica: { position: number | null }) {
  const asked = { times: 0 };
  const query = async () => {
    asked.times += 1;
    return { rows: [{ position: replica.position }] };
  };
  return { asked, client: { query } as unknown as PostgresPoolClient };
}

test('a connection is asked once for a position, and for none before it', async () => {
  const { asked, client } = connection({ position: 9 });
  for (const position of [7, 7, 9, 3]) expect(await hasReplayed(client, position)).toBe(true);
  expect(asked.times).toBe(1);
});

test('a read without a position asks nothing', async () => {
  const { asked, client } = connection({ position: null });
  expect(await hasReplayed(client, 0)).toBe(true);
  expect(asked.times).toBe(0);
});

test('a replica that is behind is asked again', async () => {
  const replica = { position: 6 };
  const { client } = connection(replica);
  expect(await hasReplayed(client, 7)).toBe(false);
  replica.position = 7;
  expect(await hasReplayed(client, 7)).toBe(true);
});

test('a replica that has restarted, and shows less than before, is asked on its new connection', async () => {
  const replica = { position: 9 };
  expect(await hasReplayed(connection(replica).client, 9)).toBe(true);
  replica.position = 5;
  expect(await hasReplayed(connection(replica).client, 9)).toBe(false);
});

test('a server that never was a replica has replayed nothing', async () => {
  expect(await hasReplayed(connection({ position: null }).client, 1)).toBe(false);
});
