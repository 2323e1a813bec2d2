import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const main = resolve(import.meta.dirname, '../../../../app/workers/mailer/main.ts');

export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

async function listen(server: Server): Promise<Listening> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

const acceptedXml = `<SendEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/">
  <SendEmailResult><MessageId>0</MessageId></SendEmailResult></SendEmailResponse>`;

/** As GetSendQuota returns it: mails a second, in 24 hours, and how many of those have been sent. */
export interface Quota {
  rate: number;
  perDay: number;
  used: number;
}

const quotaXml = ({
  rate,
  perDay,
  used,
}: Quota) => `<GetSendQuotaResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/">
  <GetSendQuotaResult><SentLast24Hours>${used}</SentLast24Hours><Max24HourSend>${perDay}</Max24HourSend>
  <MaxSendRate>${rate}</MaxSendRate></GetSendQuotaResult></GetSendQuotaResponse>`;

/** An error of SES, as its query API returns it. */
export interface SesError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const errorXml = ({ code, message }: SesError) => `<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/">
  <Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

/** A fake of SES that implements GetSendQuota, and SendEmail: `handling` decides per request whether the mail counts as accepted. */
export async function startSes() {
  const accepted: URLSearchParams[] = [];
  const quota: Quota = { rate: 1000, perDay: 50_000, used: 0 };
  const ses = {
    accepted,
    quota,
    handling: async (accept: () => void, respond: () => void, _fail: (error?: SesError) => void): Promise<void> => {
      accept();
      respond();
    },
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const mail = new URLSearchParams(await text(request));
    if (mail.get('Action') === 'GetSendQuota') {
      response.setHeader('content-type', 'text/xml').end(quotaXml(quota));
      return;
    }
    await ses.handling(
      () => void accepted.push(mail),
      () => response.setHeader('content-type', 'text/xml').end(acceptedXml),
      (error) =>
        error === undefined
          ? response.writeHead(503).end()
          : response.writeHead(error.status, { 'content-type': 'text/xml' }).end(errorXml(error)),
    );
  };
  const listening = await listen(createServer((request, response) => void handle(request, response)));
  return Object.assign(ses, listening);
}

/** A proxy in front of the queue that forwards every request, except deletions for which `onDelete` returns 'drop'. */
export async function startQueueProxy(target: string) {
  const proxy = { onDelete: (): 'pass' | 'drop' => 'pass' };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { host: _, ...headers } = request.headers as Record<string, string>;
    const deletes = headers['x-amz-target']?.includes('DeleteMessage') ?? false;
    const body = await text(request);
    if (deletes && proxy.onDelete() === 'drop') return;
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const forwarded = await fetch(target + request.url, { method: 'POST', headers, body, signal: gone.signal });
    response.writeHead(forwarded.status, { 'content-type': forwarded.headers.get('content-type') ?? '' });
    response.end(await forwarded.text());
  };
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  return Object.assign(proxy, await listen(server));
}

export interface Mailer {
  readonly process: ChildProcess;
  /** The lines it has logged so far. */
  readonly lines: Record<string, unknown>[];
  /** Kills it with SIGKILL and waits for its exit. */
  kill(): Promise<void>;
}

/** Starts the worker in its own process, as a task does. */
export function startMailer(environment: Record<string, string>): Mailer {
  const dir = mkdtempSync(join(tmpdir(), 'mailer-'));
  const ca = join(dir, 'ca.pem');
  writeFileSync(ca, process.env['TEST_CA'] ?? '');
  const child = spawn(process.execPath, [main], {
    env: {
      ENVIRONMENT_NAME: 'local',
      SERVICE_NAME: 'mailer',
      HOST: '127.0.0.1',
      PORT: '0',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      NODE_EXTRA_CA_CERTS: ca,
      MAIL_FROM: 'shop@example.com',
      MAIL_CONFIGURATION_SET: 'shop',
      MAIL_TASKS: '4',
      REDIS_ENDPOINT: process.env['TEST_REDIS'] ?? '',
      REDIS_USER: 'default',
      REDIS_PASSWORD: process.env['TEST_REDIS_AUTH'] ?? '',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines: Record<string, unknown>[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map((line) => JSON.parse(line) as Record<string, unknown>));
  });
  return {
    process: child,
    lines,
    async kill() {
      child.kill('SIGKILL');
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
