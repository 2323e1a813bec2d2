import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { GetIdentityVerificationAttributesCommand, SESClient } from '@aws-sdk/client-ses';
import { afterEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { problemOf } from '../../../app/kit/database-errors.ts';
import { createDatabaseBreaker, createPool } from '../../../app/kit/database-pool.ts';
import { isOutage } from '../../../app/kit/outage.ts';
import { PermanentError } from '../../../app/kit/permanent-error.ts';
import { freePort } from '../../../local/host/free-port.ts';
import { silentTask } from '../../support/task.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => new Error('did not fail'),
    (error: unknown) => error,
  );

/** The error of SES when it responds with this, or does not listen. */
async function sesError(response?: { status: number; code: string }): Promise<unknown> {
  const server = createHttpServer((_request, reply) => {
    const { status = 0, code = '' } = response ?? {};
    reply.writeHead(status, { 'content-type': 'text/xml' });
    reply.end(
      `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`,
    );
  });
  const port = response ? await listen(server) : await freePort();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const endpoint = `http://127.0.0.1:${port}`;
  const ses = new SESClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
  ends.push(() => ses.destroy());
  return errorOf(ses.send(new GetIdentityVerificationAttributesCommand({ Identities: [] })));
}

/** The error of a Redis command at a server that does this with each connection, or does not listen. */
async function redisError(serve?: Parameters<typeof createServer>[1]): Promise<unknown> {
  const port = serve ? await listen(createServer(serve)) : await freePort();
  const options = {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 50,
    enableReadyCheck: false,
    disableClientInfo: true,
  };
  const redis = new Redis({ ...options, host: '127.0.0.1', port, retryStrategy: () => null });
  redis.on('error', () => {});
  ends.push(() => redis.disconnect());
  if (serve) await once(redis, 'ready');
  return errorOf(redis.get('key'));
}

async function databaseError(): Promise<unknown> {
  const names = { DATABASE_NAME: 'd', DATABASE_USER: 'u', DATABASE_PASSWORD: 'p' };
  const address = `127.0.0.1:${await freePort()}`;
  const task = silentTask({});
  const pool = createPool(
    address,
    { ...names, DATABASE_PRIMARY: address, DATABASE_REPLICAS: '', DATABASE_POOL_SIZE: 1 },
    task.log,
    createDatabaseBreaker(task.breakers, 'The database'),
  );
  ends.push(() => pool.end());
  return errorOf(pool.connect());
}

/** The error of a query to which the server responds with this SQLSTATE. */
const sqlState = (code: string) => {
  const error = Object.assign(new pg.DatabaseError('no', 2, 'error'), { code });
  return problemOf(error) ?? error;
};

test.each([
  ['SES does not listen', () => sesError()],
  ['SES responds with 503', () => sesError({ status: 503, code: 'ServiceUnavailable' })],
  ['SES throttles', () => sesError({ status: 400, code: 'Throttling' })],
  ['the credentials have expired', () => sesError({ status: 403, code: 'ExpiredToken' })],
  ['the database does not listen', databaseError],
  ['the database is a replica after a failover', async () => sqlState('25006')],
  ['the database has no connection left', async () => sqlState('53300')],
  ['Redis does not listen', () => redisError()],
  ['Redis does not respond', () => redisError(() => {})],
  ['Redis closes the connection', () => redisError((socket) => socket.once('data', () => socket.destroy()))],
  ['Redis is loading', () => redisError((socket) => socket.on('data', () => socket.write('-LOADING busy\r\n')))],
  ['another error was caused by one', async () => new Error('not stored', { cause: await databaseError() })],
])('it is an outage when %s', async (_what, fail) => {
  const error = await fail();
  expect({ error, outage: isOutage(error) }).toEqual({ error, outage: true });
});

test.each([
  ['SES refuses the address', () => sesError({ status: 400, code: 'InvalidParameterValue' })],
  ['SES refuses the sender', () => sesError({ status: 400, code: 'MessageRejected' })],
  ['a value breaks a constraint', async () => sqlState('23505')],
  ['a statement is wrong', async () => sqlState('42601')],
  ['a command of Redis is wrong', () => redisError((socket) => socket.on('data', () => socket.write('-ERR no\r\n')))],
  ['a message breaks its contract', async () => new PermanentError('no')],
  ['the code has a bug', async () => new TypeError('Cannot read properties of undefined')],
])('it is not an outage when %s', async (_what, fail) => {
  const error = await fail();
  expect({ error, outage: isOutage(error) }).toEqual({ error, outage: false });
});
