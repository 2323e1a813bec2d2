import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { behindBreaker } from '../../../app/kit/aws.ts';
import { isOutage } from '../../../app/kit/outage.ts';
import type { Task } from '../../../app/kit/task.ts';
import { silentTask } from '../../support/task.ts';

let server: Server;
let respond: RequestListener;
let requests = 0;
let task: Task<object>;
let sns: SNSClient;

beforeEach(async () => {
  requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  task = silentTask({});
  const client = new SNSClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    maxAttempts: 1,
    requestHandler: { requestTimeout: 200, throwOnRequestTimeout: true },
  });
  sns = behindBreaker(client, task.breakers, 'SNS', 5_000);
});
afterEach(async () => {
  mock.timers.reset();
  sns.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const send = () => sns.send(new ListTopicsCommand()).catch((error: unknown) => error);
const error = (status: number, code: string) => {
  const body = `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;
  respond = (_request, response) => response.writeHead(status).end(body);
};

test.each([
  ['responds with 500', () => error(500, 'InternalError')],
  ['breaks connections', () => void (respond = (request) => request.socket.destroy())],
  ['hangs', () => void (respond = () => {})],
])('a service that %s opens the circuit after five commands, and one probes later', async (_what, arrange) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  arrange();
  for (let i = 0; i < 5; i += 1) await send();
  const refused = await send();
  expect(refused).toMatchObject({ status: 503, dependency: 'SNS' });
  expect(isOutage(refused)).toBe(true);
  expect(requests).toBe(5);

  mock.timers.tick(5_000);
  respond = (_request, response) => response.end('<ListTopicsResponse><ListTopicsResult/></ListTopicsResponse>');
  await send();
  expect(requests).toBe(6);
  expect(task.breakers.states()).toMatchObject([{ state: 'closed' }]);
});

test.each([
  [400, 'InvalidParameter'],
  [403, 'AuthorizationError'],
  [400, 'Throttling'],
])('a refusal of a command, %i %s, does not count', async (status, code) => {
  error(status, code);
  for (let i = 0; i < 6; i += 1) await send();
  expect(requests).toBe(6);
});
